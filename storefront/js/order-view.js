/** The order itself: what was bought, what it costs, where it goes, what has happened. */
import { sum } from "./bill.js";
import { fill, h, when } from "./dom.js";
import { countryName } from "./delivery.js";
import { money } from "./money.js";
import { STATUS_WORDS } from "./order-state.js";
import { spoken } from "./phone.js";

function item(line, currency) {
  return h("li", { "data-test": "order-item", "data-sku": line.sku },
    h("span", {}, `${line.quantity} \u00d7 ${line.name}`,
      line.quantity > 1 && h("small", {}, `${money(line.unit_price, currency)} each`)),
    h("span", {}, money(line.total, currency)));
}

function vatLabel(order) {
  const rates = [...new Set(order.items.filter((line) => line.tax > 0 && line.tax_rate).map((line) => line.tax_rate))];
  return rates.length === 1 ? `of which VAT (${Number(rates[0])} %)` : "of which VAT";
}

function sums(order) {
  const amount = (value) => money(value, order.currency);
  return h("dl", { class: "sums" },
    sum("Subtotal", amount(order.subtotal), "order-subtotal"),
    sum("Delivery", order.shipping === 0 ? "Free" : amount(order.shipping), "order-shipping"),
    order.rounding ? sum("Rounding", amount(order.rounding), "order-rounding") : null,
    h("div", { class: "sums__total" }, h("dt", {}, "Total"), h("dd", { "data-test": "order-total" }, amount(order.total))),
    h("div", { class: "sums__vat" }, h("dt", {}, vatLabel(order)), h("dd", { "data-test": "order-tax" }, amount(order.tax))));
}

function delivery({ delivery: to, customer }) {
  if (!to) return null;
  const address = to.address ?? {};
  const place = [address.line1, address.line2, [address.postcode, address.city].filter(Boolean).join(" "), address.region, countryName(address.country)];
  return h("section", { class: "sheet" }, h("h2", {}, "Delivery"),
    h("p", { "data-test": "order-delivery" }, [to.label, to.carrier].filter(Boolean).join(" \u00b7 "),
      to.estimate && h("span", { class: "sheet__note" }, to.estimate)),
    h("address", {}, customer?.name && h("span", {}, customer.name), place.filter(Boolean).map((part) => h("span", {}, part)),
      customer?.phone && h("span", {}, spoken(customer.phone))));
}

function timeline(order) {
  if (!order.timeline?.length) return null;
  return h("section", { class: "sheet" }, h("h2", {}, "What has happened"),
    h("ol", { class: "timeline", "data-test": "timeline" }, order.timeline.map((entry) =>
      h("li", { "data-type": entry.type }, h("span", {}, entry.text), h("time", { datetime: entry.at }, when(entry.at))))));
}

let drawn = "";

/** Draws the whole order under the payment panel, when it differs from what is there. */
export function showOrder(place, { order }) {
  const sign = JSON.stringify(order);
  if (sign === drawn) return;
  drawn = sign;
  fill(place,
    h("section", { class: "sheet sheet--bill" }, h("h2", {}, "Your order"),
      h("p", { class: "soft" }, "Status: ", h("strong", { "data-test": "order-status", "data-status": order.status },
        STATUS_WORDS[order.status] ?? order.status), order.placed_at ? ` \u00b7 placed ${when(order.placed_at)}` : null),
      h("ul", { class: "bill__lines" }, order.items.map((line) => item(line, order.currency))),
      sums(order)),
    h("div", { class: "sheets" }, timeline(order), delivery(order)));
}
