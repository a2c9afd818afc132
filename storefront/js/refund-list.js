/** Money on its way back, one line for each refund. */
import { h } from "./dom.js";
import { money } from "./money.js";

const WORDS = {
  original: { pending: "on its way back to you", succeeded: "sent back to you", failed: "not sent back yet; a person is on it" },
  credit: { pending: "is being made into store credit", succeeded: "given as store credit; the code is in your e-mail", failed: "not given yet; a person is on it" },
};

/** "2 x Sticker pack" for units of an order's goods: [{sku, quantity}]. */
export const unitsText = (items, order) => (items ?? []).map(({ sku, quantity }) =>
  `${quantity} \u00d7 ${order.items.find((line) => line.sku === sku)?.name ?? sku}`).join(", ");

/** The list, or null when there is none. */
export function refundList({ refunds = [], order }) {
  return refunds.length > 0 && h("ul", { class: "refunds" }, refunds.map((refund) => h("li", { "data-test": "refund", "data-status": refund.status },
    h("strong", {}, money(refund.amount, refund.currency)), ` ${WORDS[refund.to ?? "original"]?.[refund.status] ?? refund.status}`,
    refund.items?.length > 0 && h("span", { class: "refunds__why", "data-test": "refund-items" }, `For ${unitsText(refund.items, order)}`),
    refund.reason && h("span", { class: "refunds__why" }, refund.reason))));
}
