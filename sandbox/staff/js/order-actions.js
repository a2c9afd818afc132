/** What staff do to an order. Each asks first, says what it will do, and wants a reason where money or goods move. */
import { h } from "/js/dom.js";
import { money } from "/js/money.js";
import { Failure, write } from "./api.js";
import { ask, check, field } from "./ask.js";
import { CARRIERS, minor, words } from "./words.js";

const base = ({ order }) => `/orders/${order.number}`;
const count = (text) => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : NaN);

function unitLines(units, prefix, start) {
  return h("fieldset", { class: "ask__lines field" }, h("legend", {}, "Units"),
    units.map(({ sku, quantity }) => h("label", { class: "ask__line" }, h("span", {}, `${sku} (of ${quantity})`),
      h("input", { name: `${prefix}${sku}`, inputmode: "numeric", value: start ?? quantity, "data-test": `units-${sku}` }))));
}

function unitsOf(values, prefix) {
  const items = Object.entries(values).filter(([name]) => name.startsWith(prefix))
    .map(([name, text]) => ({ sku: name.slice(prefix.length), quantity: count(text || "0") }));
  if (items.some(({ quantity }) => Number.isNaN(quantity))) throw new Failure("Write units as whole numbers.");
  return items.filter(({ quantity }) => quantity > 0);
}

/** Hands goods to a carrier. */
export function ship(shown) {
  return ask({
    title: `Send a parcel of ${shown.order.number}`, action: "Send it", reason: false,
    text: "The buyer is told by e-mail, with the tracking reference.",
    body: [
      field("Carrier", h("select", { name: "carrier" }, Object.entries(CARRIERS).map(([name, label]) => h("option", { value: name }, label)))),
      field("Tracking reference", h("input", { name: "tracking", maxlength: 40, autocomplete: "off", spellcheck: "false" })),
      unitLines(shown.owed, "u-"),
    ],
    act: (values, key) => {
      const items = unitsOf(values, "u-");
      if (!items.length) throw new Failure("Put at least one unit into the parcel.");
      return write("POST", `${base(shown)}/shipments`, { carrier: values.carrier, tracking: values.tracking.trim(), items }, key);
    },
  });
}

/** Says how far a parcel is. */
export function moveShipment(shown, shipment) {
  const further = shipment.state === "shipped" ? ["in_transit", "delivered", "exception"] : ["delivered", "exception"];
  return ask({
    title: `Parcel ${shipment.number} of ${shown.order.number}`, action: "Say so",
    text: "Carriers report this by themselves; do it by hand when one does not.",
    body: [field("It is", h("select", { name: "status" }, further.map((each) => h("option", { value: each }, words(each)))))],
    act: ({ status, reason }, key) => write("POST", `${base(shown)}/shipments/${shipment.number}/status`, { status, reason }, key),
  });
}

/** Ends an order before it is sent. */
export function cancel(shown) {
  const { order } = shown;
  return ask({
    title: `Cancel ${order.number}?`, action: "Cancel the order",
    text: order.paid > 0 || order.credit > 0
      ? `The goods are for sale again, and ${money(order.paid + order.credit, order.currency)} go back to the buyer.`
      : "The goods are for sale again. Nothing was paid.",
    act: ({ reason }, key) => write("POST", `${base(shown)}/cancel`, { reason }, key),
  });
}

/** Gives money back: an amount, goods, or everything. */
export function refund(shown) {
  const { order } = shown;
  const units = order.items.map(({ sku, quantity }) => ({ sku, quantity }));
  const way = (value, label, checked = false) => check(label, { type: "radio", name: "way", value, checked, "data-test": `way-${value}` });
  const amount = field(`Amount in ${order.currency}`, h("input", { name: "amount", inputmode: "decimal", autocomplete: "off" }), "Like 1,250 or 12.50");
  const goods = h("div", { class: "ask__lines" }, unitLines(units, "u-", 0), check("The delivery too", { name: "shipping", "data-test": "ask-shipping" }));
  goods.hidden = true;
  const ways = h("fieldset", { class: "field" }, h("legend", {}, "What goes back"),
    way("amount", "An amount", true), way("goods", "Goods"), way("everything", "Everything that is left"));
  ways.addEventListener("change", (event) => {
    amount.hidden = event.target.value !== "amount";
    goods.hidden = event.target.value !== "goods";
  });
  return ask({
    title: `Give money of ${order.number} back`, action: "Give it back",
    text: "The shop never gives back more than came in.",
    body: [ways, amount, goods, field("Where to", h("select", { name: "to" },
      h("option", { value: "original" }, "The way it came"), h("option", { value: "credit" }, "Store credit")))],
    act: (values, key) => write("POST", `${base(shown)}/refunds`, { ...wanted(values), to: values.to, reason: values.reason }, key),
  });
}

function wanted(values) {
  if (values.way === "everything") return { everything: true };
  if (values.way === "goods") {
    const items = unitsOf(values, "u-");
    const shipping = values.shipping === "on";
    if (!items.length && !shipping) throw new Failure("Name goods, or the delivery.");
    return { items, shipping };
  }
  const cents = minor(values.amount);
  if (!cents) throw new Failure("Write an amount like 1,250 or 12.50.", { fields: [{ field: "amount", message: "This is no amount." }] });
  return { amount: cents };
}

/** Starts a failed refund again. */
export function retryRefund(shown, refund) {
  return ask({
    title: `Try refund ${refund.number} again?`, action: "Try again",
    text: `${money(refund.amount, shown.order.currency)} are sent to the buyer ${refund.code ? `(it failed with ${refund.code})` : ""}.`,
    act: ({ reason }, key) => write("POST", `${base(shown)}/refunds/${refund.number}/retry`, { reason }, key),
  });
}

/** Notes that a person paid a failed refund. */
export function settleRefund(shown, refund) {
  return ask({
    title: `Refund ${refund.number} was paid by hand?`, action: "It was paid",
    text: `Nothing is sent: you say that ${money(refund.amount, shown.order.currency)} reached the buyer, and name the proof.`,
    body: [field("Receipt", h("input", { name: "receipt", maxlength: 64, autocomplete: "off", spellcheck: "false" }))],
    act: ({ receipt, reason }, key) => write("POST", `${base(shown)}/refunds/${refund.number}/settle`, { receipt: receipt.trim(), reason }, key),
  });
}

/** Agrees to a return, or not. */
export function decideReturn(shown, wish, decision) {
  return ask({
    title: `${words(decision)} return ${wish.number}?`, action: words(decision),
    text: decision === "approve" ? "The buyer is asked to send the goods. Money moves when they came." : "The buyer is told that the goods are not taken back.",
    act: ({ reason }, key) => write("POST", `${base(shown)}/returns/${wish.number}/${decision}`, { reason }, key),
  });
}

/** Takes goods in: back on the shelf or written off. What is due to the buyer goes back at once. */
export function receiveReturn(shown, wish) {
  const lines = wish.items.map(({ sku, quantity }) => h("div", { class: "ask__line ask__line--fate" }, h("span", {}, `${sku} (of ${quantity})`),
    h("input", { name: `u-${sku}`, inputmode: "numeric", value: quantity, "aria-label": `Units of ${sku} that came`, "data-test": `units-${sku}` }),
    h("select", { name: `f-${sku}`, "aria-label": `What becomes of ${sku}`, "data-test": `fate-${sku}` },
      h("option", { value: "restock" }, "On the shelf"), h("option", { value: "write_off" }, "Written off"))));
  return ask({
    title: `Goods of return ${wish.number} came`, action: "Take them in and pay back",
    text: wish.resolution === "credit" ? "The buyer gets store credit for what came." : "The buyer gets the money for what came.",
    body: [h("div", { class: "ask__lines" }, lines)],
    act: (values, key) => {
      const items = unitsOf(values, "u-").map((item) => ({ ...item, fate: values[`f-${item.sku}`] }));
      if (!items.length) throw new Failure("At least one unit must have come.");
      return write("POST", `${base(shown)}/returns/${wish.number}/receive`, { items, reason: values.reason }, key);
    },
  });
}
