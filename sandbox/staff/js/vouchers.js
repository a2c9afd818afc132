/** The voucher codes. */
import { h, when } from "/js/dom.js";
import { money } from "/js/money.js";
import { query, read, write } from "./api.js";
import { ask } from "./ask.js";
import { cell, nothing, table } from "./parts.js";
import { voucherForm } from "./voucher-form.js";

/** What a voucher takes off, in words. */
function worth(voucher) {
  if (voucher.kind === "percent") return `${voucher.percent} % off`;
  if (voucher.kind === "free_shipping") return "Free delivery";
  return `${Object.entries(voucher.amounts).map(([currency, amount]) => money(amount, currency)).join(" or ")} off`;
}

function limits(voucher) {
  const spend = Object.entries(voucher.minimum_spend).map(([currency, amount]) => money(amount, currency)).join(" or ");
  return [
    spend && `from ${spend}`, voucher.currencies.length > 0 && `in ${voucher.currencies.join(", ")}`,
    voucher.first_order_only && "first order only", voucher.categories.length > 0 && `for ${voucher.categories.join(", ")}`,
    voucher.total_limit && `${voucher.total_limit} uses`, voucher.per_customer_limit && `${voucher.per_customer_limit} a customer`,
    voucher.valid_from && `from ${when(voucher.valid_from)}`, voucher.valid_until && `until ${when(voucher.valid_until)}`,
  ].filter(Boolean).join(" · ");
}

const turn = (voucher) => ask({
  title: `${voucher.active ? "Switch off" : "Switch on"} ${voucher.code}?`,
  text: voucher.active ? "Nobody can use it from now on; orders that did keep their price." : "It can be used again; it keeps its uses.",
  action: voucher.active ? "Switch off" : "Switch on",
  act: ({ reason }, key) => write("POST", `/vouchers/${voucher.code}/active`, { active: !voucher.active, reason }, key),
});

async function uses(voucher, place) {
  const shown = await read(`/vouchers/${voucher.code}`);
  place.replaceWith(h("span", { "data-test": "uses" }, `${shown.used} used`));
}

function row({ voucher }, redraw) {
  const after = async (done) => {
    if (await done) await redraw();
  };
  const count = h("button", { class: "link", type: "button", "data-test": "count", onclick: () => uses(voucher, count) }, "Count uses");
  return h("tr", { "data-test": "voucher-row", "data-code": voucher.code },
    cell("Code", null, h("b", {}, voucher.code)),
    cell("State", null, h("span", { class: `chip chip--${voucher.active ? "good" : "bad"}`, "data-test": "voucher-state" }, voucher.active ? "On" : "Off")),
    cell("Worth", "wide", worth(voucher), h("small", {}, voucher.description)),
    cell("Limits", "wide", limits(voucher) || "None"),
    cell("Uses", null, count),
    h("td", { class: "wide" }, h("div", { class: "row" },
      h("button", { class: "button button--quiet", type: "button", "data-test": "edit-voucher", onclick: () => after(voucherForm(voucher)) }, "Change"),
      h("button", { class: "button button--quiet", type: "button", "data-test": "switch-voucher", onclick: () => after(turn(voucher)) }, voucher.active ? "Switch off" : "Switch on"))));
}

/** Shows a page of vouchers. */
export async function showVouchers(draw, search, redraw) {
  const page = await read(`/vouchers${query({ cursor: search.cursor })}`);
  const columns = [["Code"], ["State"], ["Worth"], ["Limits"], ["Uses"], [""]];
  draw(h("div", { class: "row row--apart" }, h("h1", {}, "Vouchers"),
    h("button", {
      class: "button", type: "button", "data-test": "new-voucher",
      onclick: async () => {
        if (await voucherForm(null)) await redraw();
      },
    }, "New voucher")),
  page.items.length ? table("vouchers", columns, page.items.map((each) => row(each, redraw))) : nothing("There is no voucher yet."),
  h("div", { class: "foot" }, h("span", {}), page.next_cursor && h("a", {
    class: "button button--quiet", href: `#/vouchers${query({ cursor: page.next_cursor })}`, "data-test": "vouchers-more",
  }, "More codes")));
}
