/** The parcels of an order: who carries what, how far it is, and what is still being packed. */
import { h, when } from "./dom.js";
import { unitsText } from "./refund-list.js";

const STEPS = [["shipped", "With the courier"], ["in_transit", "On its way"], ["delivered", "Delivered"]];
const CARRIERS = { dhl: "DHL Express", g4s: "G4S", wells_fargo: "Wells Fargo", local: "Local courier" };

/** Units of each line that no parcel holds, as [{sku, quantity}]. */
export function stillToSend({ items, shipments = [] }) {
  const sent = new Map();
  for (const shipment of shipments) {
    for (const { sku, quantity } of shipment.items) sent.set(sku, (sent.get(sku) ?? 0) + quantity);
  }
  return items.map(({ sku, quantity }) => ({ sku, quantity: quantity - (sent.get(sku) ?? 0) })).filter(({ quantity }) => quantity > 0);
}

function steps({ status, shipped_at: shipped, delivered_at: delivered }) {
  const reached = STEPS.findIndex(([name]) => name === status);
  const times = { shipped, delivered };
  return h("ol", { class: "steps" }, STEPS.map(([name, text], at) => h("li", {
    class: at <= reached ? "steps__done" : "", "aria-current": at === reached ? "step" : null,
  }, h("span", {}, text, at > reached && h("span", { class: "unseen" }, " (not yet)")),
  times[name] && at <= reached && h("time", { datetime: times[name] }, when(times[name])))));
}

/** A tracking page is linked only when its address is a web page's. */
function tracking({ tracking: reference, tracking_url: url, carrier }) {
  if (!reference) return null;
  const safe = /^https:\/\//.test(url ?? "");
  return h("p", { "data-test": "tracking" }, "Tracking: ",
    safe ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer", "data-test": "tracking-link" }, reference,
      h("span", { class: "unseen" }, `, at ${CARRIERS[carrier] ?? carrier}, in a new tab`)) : h("strong", {}, reference));
}

function parcel(shipment, at, order) {
  const many = order.shipments.length > 1;
  return h("li", { class: "parcel", "data-test": "shipment", "data-status": shipment.status },
    h("h3", { class: "parcel__title" }, many ? `Parcel ${at + 1} of ${order.shipments.length} \u00b7 ` : "",
      CARRIERS[shipment.carrier] ?? shipment.carrier),
    h("p", {}, unitsText(shipment.items, order)),
    tracking(shipment),
    steps(shipment),
    shipment.note && h("p", { class: "parcel__note" }, `The courier says: ${shipment.note}`));
}

/** The section, or null while nothing was sent. */
export function parcels(order) {
  if (!order.shipments?.length) return null;
  const left = ["cancelled", "expired"].includes(order.status) ? [] : stillToSend(order);
  return h("section", { class: "sheet" }, h("h2", {}, order.shipments.length > 1 ? "Your parcels" : "Your parcel"),
    h("ul", { class: "parcels", "data-test": "shipments" }, order.shipments.map((one, at) => parcel(one, at, order))),
    left.length > 0 && h("p", { class: "soft", "data-test": "still-to-send" }, `Still being packed: ${unitsText(left, order)}.`));
}
