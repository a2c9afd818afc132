/** What there is of each SKU, and corrections of it. */
import { h, say } from "/js/dom.js";
import { Failure, query, read, write } from "./api.js";
import { ask, field } from "./ask.js";
import { cell, nothing, table } from "./parts.js";

function adjust(item) {
  return ask({
    title: `Correct the stock of ${item.sku}`, action: "Correct it",
    text: `${item.available} can be bought now; ${item.reserved} are held for unpaid orders and stay so.`,
    body: [field("Change", h("input", { name: "change", inputmode: "text", placeholder: "+5 or -2", autocomplete: "off" }), "Units that came (+) or are gone (-)")],
    act: ({ change, reason }, key) => {
      const units = /^[+-]?\d{1,7}$/.test(change.trim()) ? Number(change) : 0;
      if (!units) throw new Failure("Write a change like +5 or -2.", { fields: [{ field: "change", message: "This is no change." }] });
      return write("POST", `/stock/${encodeURIComponent(item.sku)}/adjustments`, { change: units, reason }, key);
    },
  });
}

const row = (item, redraw) => h("tr", { "data-test": "stock-row", "data-sku": item.sku },
  cell("SKU", "wide", h("b", {}, item.sku), h("small", {}, item.name)),
  cell("For sale", "number", h("span", { "data-test": "available" }, String(item.available))),
  cell("Held", "number", String(item.reserved)),
  cell("Sold", "number", String(item.sold)),
  cell("Received", "number", String(item.received)),
  h("td", { class: "wide" }, h("button", {
    class: "button button--quiet", type: "button", "data-test": "adjust",
    onclick: async () => {
      const counted = await adjust(item);
      if (!counted) return;
      say(document.querySelector('[data-hook="live"]'), `${item.sku}: ${counted.available} for sale now.`);
      await redraw();
    },
  }, "Correct")));

/** Shows a page of stock. */
export async function showStock(draw, search, redraw) {
  const values = { q: search.q ?? "", shelf: search.shelf ?? "for_sale" };
  const page = await read(`/stock${query({ ...values, cursor: search.cursor })}`);
  const go = (event) => {
    event.preventDefault();
    window.location.hash = `#/stock${query(Object.fromEntries(new FormData(event.target)))}`;
  };
  const columns = [["SKU"], ["For sale", "number"], ["Held", "number"], ["Sold", "number"], ["Received", "number"], [""]];
  draw(h("h1", {}, "Stock"),
    h("form", { class: "sheet filters", onsubmit: go, "data-test": "stock-filters" },
      field("Words or SKU", h("input", { name: "q", value: values.q, maxlength: 100, "data-test": "stock-search" })),
      field("Products", h("select", { name: "shelf", "data-test": "stock-shelf" },
        h("option", { value: "for_sale" }, "For sale"), h("option", { value: "withdrawn", selected: values.shelf === "withdrawn" }, "Withdrawn"))),
      h("button", { class: "button", type: "submit", "data-test": "stock-go" }, "Search")),
    page.items.length ? table("stock", columns, page.items.map((item) => row(item, redraw))) : nothing("Nothing is like that."),
    h("div", { class: "foot" },
      search.cursor ? h("a", { href: `#/stock${query(values)}` }, "Back to the beginning") : h("span", {}),
      page.next_cursor && h("a", {
        class: "button button--quiet", href: `#/stock${query({ ...values, cursor: page.next_cursor })}`, "data-test": "stock-more",
      }, "More products")));
}
