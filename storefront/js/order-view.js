/** The order itself: what was bought, what it costs, where it goes, what has happened. */
import { sum } from "./bill.js";
import { fill, h, when } from "./dom.js";
import { countryName } from "./delivery.js";
import { money } from "./money.js";
import { STATUS_WORDS } from "./order-state.js";
import { parcels } from "./parcels.js";
import { spoken } from "./phone.js";
import { returnsSection } from "./returns.js";
import { reviewsSection } from "./review-form.js";

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
    order.discount > 0 && sum(order.voucher ? `Voucher ${order.voucher}` : "Voucher", amount(-order.discount), "order-discount"),
    sum("Delivery", order.shipping === 0 ? "Free" : amount(order.shipping), "order-shipping"),
    order.rounding ? sum("Rounding", amount(order.rounding), "order-rounding") : null,
    h("div", { class: "sums__total" }, h("dt", {}, "Total"), h("dd", { "data-test": "order-total" }, amount(order.total))),
    order.credit > 0 && sum("Paid with store credit", amount(-order.credit), "order-credit"),
    order.credit > 0 && h("div", { class: "sums__due" }, h("dt", {}, order.status === "pending_payment" ? "To pay" : "The rest"), h("dd", { "data-test": "order-due" }, amount(order.due))),
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

function bill(order) {
  return h("section", { class: "sheet sheet--bill" }, h("h2", {}, "Your order"),
    h("p", { class: "soft" }, "Status: ", h("strong", { "data-test": "order-status", "data-status": order.status },
      STATUS_WORDS[order.status] ?? order.status), order.placed_at ? ` \u00b7 placed ${when(order.placed_at)}` : null),
    h("ul", { class: "bill__lines" }, order.items.map((line) => item(line, order.currency))),
    sums(order));
}

const drawn = new Map();

/** Draws one part anew when what it shows has changed; a form that is being filled in stays as it is otherwise. */
function renew(column, name, shown, draw) {
  const sign = JSON.stringify(shown);
  const old = column.querySelector(`[data-part="${name}"]`);
  if (old && drawn.get(name) === sign) return;
  drawn.set(name, sign);
  const part = h("div", { "data-part": name, class: "part" }, draw());
  if (old) old.replaceWith(part);
  else column.append(part);
}

/** Draws the whole order under the payment panel. `tools`: {email, onDoubt()}. */
export function showOrder(place, view, tools) {
  const { order } = view;
  const shown = { ...order, shipments: order.shipments ?? view.shipments ?? [], returns: order.returns ?? view.returns ?? [] };
  if (place.dataset.number !== order.number) {
    place.dataset.number = order.number;
    drawn.clear();
    fill(place, h("div", { class: "sheets" }), h("div", { class: "sheets" }));
  }
  const [left, right] = place.children;
  const { shipments, returns, timeline: entries, ...bought } = shown;
  renew(left, "parcels", [shipments, order.status], () => parcels(shown));
  renew(left, "bill", bought, () => bill(order));
  renew(left, "returns", [shipments, returns], () => returnsSection(shown, tools));
  renew(left, "reviews", [order.status], () => reviewsSection(shown, tools.email));
  renew(right, "timeline", entries, () => timeline(order));
  renew(right, "delivery", [order.delivery, order.customer], () => delivery(order));
}
