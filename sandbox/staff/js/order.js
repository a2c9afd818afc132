/** One order: what was bought, its money, its parcels, what comes back, and everything that happened. */
import { h, when } from "/js/dom.js";
import { money } from "/js/money.js";
import { read } from "./api.js";
import { trailCheck } from "./audit.js";
import * as actions from "./order-actions.js";
import { chip, facts } from "./parts.js";
import { person } from "./session.js";
import { CARRIERS, eventWords, METHODS, words } from "./words.js";

const button = (label, test, onclick, quiet = true) =>
  h("button", { class: `button ${quiet ? "button--quiet" : ""}`, type: "button", "data-test": test, onclick }, label);

const sheet = (title, test, ...children) => h("section", { class: "sheet", "data-test": test }, h("h2", {}, title), ...children);

function bill({ order }) {
  const sum = (label, amount, className = null) =>
    amount === 0 && !className ? null
      : h("div", { class: className }, h("dt", {}, label), h("dd", {}, money(amount, order.currency)));
  return sheet("Goods", "goods",
    h("ul", { class: "lines" }, order.items.map((line) => h("li", { "data-test": "line", "data-sku": line.sku },
      h("span", {}, line.name, h("br", {}), h("small", {}, `${line.sku} · ${line.quantity} × ${money(line.unit_price, order.currency)}`)),
      h("span", { class: "number" }, money(line.total - line.discount, order.currency))))),
    h("dl", { class: "sums" },
      sum("Goods", order.subtotal), sum(order.voucher ? `Voucher ${order.voucher}` : "Discount", -order.discount),
      sum("Delivery", order.shipping), sum("Rounding", order.rounding), sum("Total", order.total, "sums__total"),
      sum("Paid with store credit", -order.credit), sum("VAT in it", order.tax), sum("Captured", order.paid, "sums__paid")));
}

const payments = ({ order, attempts }) => sheet("Payments", "attempts",
  h("ul", { class: "lines" }, attempts.map((one) => h("li", { "data-test": "attempt" },
    h("span", {}, `${METHODS[one.method] ?? words(one.method)} ${one.phone ?? ""}`, " ", chip(one.state)),
    h("span", { class: "number" }, money(one.amount, order.currency)),
    h("small", { class: "wide" }, [
      one.id, when(one.started_at), one.receipt && `receipt ${one.receipt}`, one.payment_id && one.method === "card" && one.payment_id,
      one.reason && words(one.reason), one.captured > 0 && `${money(one.captured, order.currency)} captured`,
      one.refunded > 0 && `${money(one.refunded, order.currency)} given back`,
      one.disputed && "a callback contradicts the books", one.unresolved && "never answered",
    ].filter(Boolean).join(" · "))))));

const refunds = ({ order, refunds: all }, act) => all.length > 0 && sheet("Refunds", "refunds",
  h("ul", { class: "lines" }, all.map((one) => h("li", { "data-test": "refund", "data-number": one.number },
    h("span", {}, `${words(one.why)}, ${one.to === "credit" ? "as store credit" : "the way it came"}`, " ", chip(one.state, "refund-state")),
    h("span", { class: "number" }, money(one.amount, order.currency)),
    h("small", { class: "wide" }, [
      one.reference, one.items.map((line) => `${line.sku} × ${line.quantity}`).join(", "), one.receipt && `receipt ${one.receipt}`,
      one.code && `code ${one.code}`, one.by && `by ${person(one.by)}`,
    ].filter(Boolean).join(" · ")),
    one.state === "failed" && one.advice && h("small", { class: "wide", "data-test": "refund-advice" }, one.advice),
    one.state === "failed" && h("div", { class: "row wide" },
      button("Try again", "retry-refund", () => act(actions.retryRefund, one)),
      button("Was paid by hand", "settle-refund", () => act(actions.settleRefund, one)))))));

const shipments = ({ shipments: all }, act) => all.length > 0 && sheet("Parcels", "shipments",
  h("ul", { class: "lines" }, all.map((one) => h("li", { "data-test": "shipment", "data-number": one.number },
    h("span", {}, `${CARRIERS[one.carrier] ?? one.carrier} ${one.tracking}`, " ", chip(one.state, "shipment-state")),
    h("span", { class: "number" }, `#${one.number}`),
    h("small", { class: "wide" }, [
      one.items.map((line) => `${line.sku} × ${line.quantity}`).join(", "), `sent ${when(one.shipped_at)}`,
      one.delivered_at && `delivered ${when(one.delivered_at)}`, one.note && `carrier: ${one.note}`,
    ].filter(Boolean).join(" · ")),
    one.state !== "delivered" && h("div", { class: "row wide" },
      button("Move on", "move-shipment", () => act(actions.moveShipment, one)))))));

const returns = ({ returns: all }, act) => all.length > 0 && sheet("Returns", "returns",
  h("ul", { class: "lines" }, all.map((one) => h("li", { "data-test": "return", "data-number": one.number },
    h("span", {}, one.items.map((line) => `${line.sku} × ${line.quantity}`).join(", "), " ", chip(one.state, "return-state")),
    h("span", { class: "number" }, one.resolution === "credit" ? "for credit" : "for money"),
    h("small", { class: "wide" }, [
      words(one.reason), one.note && `“${one.note}”`, `asked ${when(one.requested_at)}`,
      one.decision && `${person(one.decided_by)}: ${one.decision}`,
      one.received.length > 0 && `came: ${one.received.map((line) => `${line.sku} × ${line.quantity} (${words(line.fate).toLowerCase()})`).join(", ")}`,
    ].filter(Boolean).join(" · ")),
    h("div", { class: "row wide" },
      one.state === "requested" && button("Approve", "approve-return", () => act(actions.decideReturn, one, "approve")),
      one.state === "requested" && button("Reject", "reject-return", () => act(actions.decideReturn, one, "reject")),
      one.state === "approved" && button("Goods came", "receive-return", () => act(actions.receiveReturn, one)))))));

function buyer({ order }) {
  const { customer, delivery } = order;
  const place = delivery.address;
  const address = [place.line1, place.line2, place.city, place.region, place.postcode, place.country].filter(Boolean).join(", ");
  return sheet("Buyer and delivery", "buyer", facts([
    ["Name", customer.name],
    ["E-mail", h("a", { href: `#/orders?email=${encodeURIComponent(customer.email)}` }, customer.email)],
    ["Phone", h("a", { href: `#/orders?phone=${encodeURIComponent(customer.phone)}` }, customer.phone)],
    ["Address", address],
    ["Delivery", `${delivery.label} (${delivery.carrier}), ${delivery.estimate}`],
    ["Placed", when(order.placed_at)],
    ["Held until", order.status === "pending_payment" && when(order.reserved_until)],
    ["Dispute", order.dispute && chip(order.dispute)],
  ]));
}

const HIDDEN = new Set(["order_number", "by", "reason", "currency", "refund", "reserved_until"]);
const MONEY = new Set(["amount", "total", "discount", "credit", "credited", "amount_expected", "amount_claimed"]);

/** One member of an event in words; what is nothing, none or "no" is left out. */
function fact(name, value, currency) {
  if (HIDDEN.has(name) || value === false || value === 0 || value === null) return null;
  const label = words(name).toLowerCase();
  if (value === true) return label;
  if (MONEY.has(name)) return `${label} ${money(value, currency)}`;
  if (Array.isArray(value)) {
    return value.map((one) => (one.sku ? `${one.sku} × ${one.quantity}${one.fate ? ` (${words(one.fate).toLowerCase()})` : ""}` : String(one))).join(", ");
  }
  return `${label} ${value}`;
}

const trail = ({ number, currency }, events) => sheet("What happened", "trail",
  trailCheck(number),
  h("ol", { class: "trail" }, events.map(({ type, at, data }) => h("li", { "data-test": "event", "data-type": type },
    h("b", {}, eventWords(type)), h("span", { class: "small soft", title: data.by }, when(at), data.by && ` · ${person(data.by)}`),
    data.reason && h("span", { class: "trail__why" }, `“${data.reason}”`),
    h("span", { class: "trail__facts" },
      Object.entries(data).map(([name, value]) => fact(name, value, currency)).filter(Boolean).join(" · "))))));

/** Shows an order. */
export async function showOrder(draw, number, redraw) {
  const path = `/orders/${encodeURIComponent(number)}`;
  const [shown, { items: events }] = await Promise.all([read(path), read(`${path}/events`)]);
  const { order } = shown;
  const act = async (action, ...more) => {
    if (await action(shown, ...more)) await redraw();
  };
  const paid = order.paid > 0 || (order.credit > 0 && order.status !== "pending_payment");
  draw(
    h("a", { href: "#/orders", "data-test": "back" }, "All orders"),
    h("div", { class: "head" }, h("h1", { "data-test": "order-number" }, order.number), chip(order.status, "order-status"),
      order.dispute === "open" && h("span", { class: "alarm" }, "Disputed: nothing ships")),
    h("div", { class: "row", "data-test": "actions" },
      shown.owed.length > 0 && order.status === "processing" && button("Send a parcel", "ship", () => act(actions.ship), false),
      paid && button("Give money back", "refund", () => act(actions.refund)),
      ["pending_payment", "processing"].includes(order.status) && shown.shipments.length === 0 && button("Cancel the order", "cancel", () => act(actions.cancel)),
      button("Refresh", "refresh", redraw)),
    h("div", { class: "columns" },
      h("div", { class: "stacked" }, ...[bill(shown), payments(shown), refunds(shown, act), shipments(shown, act), returns(shown, act)].filter(Boolean)),
      h("div", { class: "stacked" }, buyer(shown), trail(order, events))));
}
