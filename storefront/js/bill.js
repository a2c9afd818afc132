/** The sum of a cart before it is ordered: lines, delivery, discount, total. The order itself may differ: the shop decides. */
import { fill, h } from "./dom.js";
import { money } from "./money.js";
import { fullName, subtotal } from "./pricing.js";

/** Subtotal plus the chosen quote less the discount, in minor units; null while no zone is chosen. */
export const expectedTotal = (rows, quote, currency, discount = 0) =>
  (quote && quote.currency === currency ? Math.max(0, subtotal(rows, currency) + quote.amount - discount) : null);

/** Draws the lines and sums at checkout. `discount` in minor units; `credit`: a store-credit code goes along. */
export function showBill(place, rows, quote, currency, { discount = 0, credit = false } = {}) {
  const total = expectedTotal(rows, quote, currency, discount);
  fill(place,
    h("ul", { class: "bill__lines" }, rows.map(({ line, variant, was }) => h("li", { "data-sku": line.sku },
      h("span", {}, `${line.quantity} \u00d7 ${fullName(line.name, line.variant)}`,
        was && was[currency] !== variant.prices[currency]
          && h("small", { class: "line__changed" }, `was ${money(was[currency], currency)}`)),
      h("span", {}, money(variant.prices[currency] * line.quantity, currency))))),
    h("dl", { class: "sums" },
      sum("Subtotal", money(subtotal(rows, currency), currency), "bill-subtotal"),
      sum("Delivery", total === null ? "choose above" : quote.amount === 0 ? "Free" : money(quote.amount, currency), "bill-shipping"),
      discount > 0 && sum("Voucher", money(-discount, currency), "bill-discount"),
      credit && sum("Store credit", "taken off when you order", "bill-credit"),
      h("div", { class: "sums__total" }, h("dt", {}, "Total"),
        h("dd", { "data-test": "bill-total" }, total === null ? "\u2013" : money(total, currency)))),
    h("p", { class: "bill__note" }, "Prices include VAT; your receipt shows how much."));
}

/** One line of a list of sums. */
export const sum = (label, value, test) =>
  h("div", {}, h("dt", {}, label), h("dd", { "data-test": test }, value));
