/** The orders board: filters, pages, and the table for spreadsheets. */
import { h, when } from "/js/dom.js";
import { money } from "/js/money.js";
import { download, query, read } from "./api.js";
import { field } from "./ask.js";
import { cell, chip, fault, nothing, table } from "./parts.js";
import { METHODS, STATUSES, words } from "./words.js";

const FILTERS = ["number", "email", "phone", "status", "from", "to"];
const PAGE = 25;

const asked = (search) => Object.fromEntries(FILTERS.map((name) => [name, search[name] ?? ""]));

/** A day of this machine's own zone as the moment at which it begins, or ends. */
function moment(day, last) {
  if (!day) return "";
  const date = new Date(`${day}T${last ? "23:59:59.999" : "00:00:00.000"}`);
  return Number.isNaN(date.getTime()) ? day : date.toISOString();
}

const forApi = (values) => ({ ...values, from: moment(values.from, false), to: moment(values.to, true) });

function filters(values) {
  const input = (name, label, props) =>
    field(label, h("input", { name, value: values[name], autocomplete: "off", "data-test": `filter-${name}`, ...props }));
  const go = (event) => {
    event.preventDefault();
    window.location.hash = `#/orders${query(Object.fromEntries(new FormData(event.target)))}`;
  };
  const said = h("span", { class: "field__fault", role: "alert", "data-test": "csv-error" });
  const save = async () => {
    said.textContent = "";
    try {
      await download(`/orders.csv${query(forApi(values))}`);
    } catch (error) {
      said.textContent = error.message;
    }
  };
  return h("form", { class: "sheet filters", onsubmit: go, novalidate: true, "data-test": "filters" },
    input("number", "Order number", { maxlength: 20, spellcheck: "false" }),
    input("email", "E-mail", { type: "email", maxlength: 254 }),
    input("phone", "Phone", { type: "tel", maxlength: 30, placeholder: "0712 345 678" }),
    field("Status", h("select", { name: "status", "data-test": "filter-status" },
      h("option", { value: "" }, "Any"),
      STATUSES.map((each) => h("option", { value: each, selected: each === values.status }, words(each))))),
    input("from", "From", { type: "date" }),
    input("to", "To", { type: "date" }),
    h("div", { class: "row" },
      h("button", { class: "button", type: "submit", "data-test": "search" }, "Search"),
      h("a", { class: "button button--quiet", href: "#/orders", "data-test": "clear" }, "All orders"),
      h("button", { class: "button button--quiet", type: "button", onclick: save, "data-test": "csv" }, "Save as CSV"),
      said));
}

const row = (order) => h("tr", { "data-test": "order-row", "data-number": order.number },
  cell("Order", null, h("a", { href: `#/orders/${order.number}`, "data-test": "open-order" }, order.number)),
  cell("Placed", null, when(order.placed_at)),
  cell("Status", null, chip(order.status, "row-status"), order.attention && h("small", { class: "alarm" }, "Needs a person")),
  cell("Buyer", "wide", order.name, h("small", {}, `${order.email} · ${order.phone}`)),
  cell("Goods", "wide", order.goods, h("small", {}, `${order.city}, ${order.country}`)),
  cell("Payment", null, METHODS[order.method] ?? words(order.method), " ", chip(order.payment)),
  cell("Total", "number", money(order.total, order.currency),
    order.refunded > 0 && h("small", {}, `${money(order.refunded, order.currency)} back`)));

/** Shows a page of the board. */
export async function showBoard(draw, search, redraw) {
  const values = asked(search);
  const head = [h("div", { class: "row row--apart" }, h("h1", {}, "Orders"),
    h("button", { class: "button button--quiet", type: "button", onclick: redraw, "data-test": "refresh" }, "Refresh")), filters(values)];
  let page;
  try {
    page = await read(`/orders${query({ ...forApi(values), limit: PAGE, cursor: search.cursor })}`);
  } catch (error) {
    draw(...head, fault(error, redraw));
    return;
  }
  const columns = [["Order"], ["Placed"], ["Status"], ["Buyer"], ["Goods"], ["Payment"], ["Total", "number"]];
  draw(...head,
    page.items.length ? table("board", columns, page.items.map(row)) : nothing("No order is like that."),
    h("div", { class: "foot" },
      search.cursor ? h("a", { href: `#/orders${query(values)}`, "data-test": "newest" }, "Back to the newest") : h("span", {}),
      page.next_cursor && h("a", {
        class: "button button--quiet", href: `#/orders${query({ ...values, cursor: page.next_cursor })}`, "data-test": "older",
      }, "Older orders")));
}
