/** The payment panel: what the buyer should do now, for each state an order's payment can be in. */
import { putBack } from "./cart.js";
import { countdown } from "./countdown.js";
import { fill, h, hook, say } from "./dom.js";
import { money } from "./money.js";
import { remembered } from "./orders-memory.js";
import { stateOf } from "./order-state.js";
import { payAgain } from "./pay-again.js";
import { spoken } from "./phone.js";

const amountOf = ({ order, payment }) => money(payment?.amount ?? order.total, payment?.currency ?? order.currency);

function pending(view) {
  const phone = remembered(view.order.number)?.phone;
  const where = phone ? `your phone ${spoken(phone)}` : "the phone you gave for M-Pesa";
  return {
    art: "phone", title: `Check ${where}`,
    text: ["Enter your M-Pesa PIN there to pay ", h("strong", {}, amountOf(view)), ". This page follows by itself."],
    more: [
      countdown(view.order.placed_at, view.order.reserved_until),
      h("details", { class: "help" }, h("summary", {}, "No message on the phone?"),
        h("p", {}, "Switch it on, unlock it, and wait up to a minute: the request can be slow to arrive. If it does not come we tell you here, and you can ask for it again. Only your phone ever asks for your PIN, never this page.")),
    ],
  };
}

const unknown = (view) => ({
  art: "scales", title: "We are asking M-Pesa what happened",
  text: `The network did not tell us yet whether a request for ${amountOf(view)} reached your phone. If one comes, it is safe to pay it. Please do not pay in any other way: we find the answer and show it here.`,
  more: [countdown(view.order.placed_at, view.order.reserved_until)],
});

const failed = (view, tools) => ({
  art: "again", title: "The payment did not go through",
  text: view.payment.message || "M-Pesa did not complete it. Nothing was charged.",
  more: [payAgain(view, tools), countdown(view.order.placed_at, view.order.reserved_until)],
});

const review = (view) => ({
  art: "scales", title: "A person is looking at this payment",
  text: view.payment.message || "What arrived and what the order costs do not match. We settle it and write to you; you need not do anything, and please do not pay again.",
});

const paid = (view) => ({
  art: "paid", title: "Asante! It is paid",
  text: `${amountOf(view)} received. We sent the receipt to your e-mail and are getting your parcel ready.`,
  more: [view.payment?.receipt && h("p", { class: "receipt" }, h("span", {}, "M-Pesa receipt"),
    h("strong", { "data-test": "receipt" }, view.payment.receipt))],
});

function ended(view, title, text) {
  const old = remembered(view.order.number)?.lines ?? [];
  const again = old.length > 0 && !(view.refunds ?? []).length && h("button", {
    type: "button", class: "button", "data-test": "order-again", onclick: () => {
      putBack(old);
      window.location.assign("cart.html");
    },
  }, "Put the items back in the cart");
  return { art: "ended", title, text, more: [again] };
}

const expired = (view) => ended(view, "The time to pay ran out",
  "The pieces went back on the shelf and this order is closed. Please do not pay it now: money that still arrives is sent back to the phone it came from.");

const cancelled = (view) => ended(view, "This order was cancelled", view.payment?.message || "Nothing more will be charged for it.");

const STATES = { pending, unknown, failed, review, paid, expired, cancelled };

const REFUND_WORDS = { pending: "on its way back to you", succeeded: "sent back to you", failed: "not sent back yet; a person is on it" };

function refundLine(refund) {
  return h("li", { "data-test": "refund", "data-status": refund.status },
    h("strong", {}, money(refund.amount, refund.currency)), ` ${REFUND_WORDS[refund.status] ?? refund.status}`,
    refund.reason && h("span", { class: "refunds__why" }, refund.reason));
}

function totalChanged(view) {
  const quoted = remembered(view.order.number)?.quoted;
  const differs = stateOf(view) === "pending" && Number.isInteger(quoted) && view.order.currency === "KES" && quoted !== view.order.total;
  return differs && h("p", { class: "panel__changed", "data-test": "total-changed" },
    `Prices changed while you were ordering: the total is ${money(view.order.total, "KES")}, not ${money(quoted, "KES")}. You can let the request on your phone run out if that is not right.`);
}

let drawn = "";

/** Draws the panel when there is something new to say, and says it aloud once. */
export function showPanel(place, view, tools) {
  const state = stateOf(view);
  const { id, message, receipt, retry_allowed: allowed, retry_after: after } = view.payment ?? {};
  const sign = JSON.stringify([view.order.number, view.order.reserved_until, state, id, message, receipt, allowed, after, view.refunds]);
  if (sign === drawn) return;
  drawn = sign;
  const { art, title, text, more = [] } = STATES[state](view, tools);
  const refunds = view.refunds ?? [];
  place.dataset.state = state;
  place.hidden = false;
  fill(place,
    h("img", { class: "panel__art", src: `img/${art}.svg`, alt: "", width: 120, height: 120 }),
    h("div", { class: "panel__body" },
      h("h2", { class: "panel__title", "data-test": "panel-title" }, title),
      h("p", { class: "panel__text", "data-test": "panel-text" }, text),
      totalChanged(view),
      more,
      refunds.length > 0 && h("ul", { class: "refunds" }, refunds.map(refundLine))));
  say(hook("live"), `${title}. ${place.querySelector(".panel__text").textContent}`);
}
