/** What the buyer should know and do, for each state an order's payment can be in. */
import { cardPanel } from "./card-panel.js";
import { putBack } from "./cart.js";
import { countdown } from "./countdown.js";
import { h } from "./dom.js";
import { money } from "./money.js";
import { remembered } from "./orders-memory.js";
import { payAgain } from "./pay-again.js";
import { spoken } from "./phone.js";

const amountOf = ({ order, payment }) => money(payment?.amount ?? order.total, payment?.currency ?? order.currency);
const byCard = ({ payment }) => payment?.method === "card";
const timeLeft = ({ order }) => countdown(order.placed_at, order.reserved_until);

function prompted(view) {
  const phone = remembered(view.order.number)?.phone;
  const where = phone ? `your phone ${spoken(phone)}` : "the phone you gave for M-Pesa";
  return {
    art: "phone", title: `Check ${where}`,
    text: ["Enter your M-Pesa PIN there to pay ", h("strong", {}, amountOf(view)), ". This page follows by itself."],
    more: [
      timeLeft(view),
      h("details", { class: "help" }, h("summary", {}, "No message on the phone?"),
        h("p", {}, "Switch it on, unlock it, and wait up to a minute: the request can be slow to arrive. If it does not come we tell you here, and you can ask for it again. Only your phone ever asks for your PIN, never this page.")),
    ],
  };
}

const pending = (view, tools) => (byCard(view) ? cardPanel(view, tools) : prompted(view));

const unknown = (view, tools) => (byCard(view) ? {
  art: "scales", title: "The card payment could not be begun yet",
  text: `The network did not tell us whether Stripe is ready to take ${amountOf(view)}. Nothing is charged until you give your card.`,
  more: [payAgain(view, tools), timeLeft(view)],
} : {
  art: "scales", title: "We are asking M-Pesa what happened",
  text: `The network did not tell us yet whether a request for ${amountOf(view)} reached your phone. If one comes, it is safe to pay it. Please do not pay in any other way: we find the answer and show it here.`,
  more: [timeLeft(view)],
});

const failed = (view, tools) => ({
  art: "again", title: "The payment did not go through",
  text: view.payment.message || "Nothing was charged.",
  more: [payAgain(view, tools), timeLeft(view)],
});

const review = (view) => ({
  art: "scales", title: "A person is looking at this payment",
  text: view.payment.message || "What arrived and what the order costs do not match. We settle it and write to you; you need not do anything, and please do not pay again.",
});

const RECEIPTS = { mpesa: "M-Pesa receipt", card: "Card payment" };

function receipt({ payment }) {
  const label = RECEIPTS[payment?.method];
  return label && payment.receipt && h("p", { class: "receipt" }, h("span", {}, label),
    h("strong", { class: payment.method === "card" ? "receipt__long" : "", "data-test": "receipt" }, payment.receipt));
}

const PROGRESS = {
  shipped: ["It is with the courier", "Your parcel was handed over. Its way is shown below."],
  in_transit: ["It is on its way", "The courier has your parcel. Its way is shown below."],
  delivered: ["It has arrived", "We hope it is just right. If not, you can send it back from this page."],
};

function paid(view) {
  const [title, text] = PROGRESS[view.order.status] ?? ["Asante! It is paid",
    `${view.payment?.amount === 0 ? "Your codes covered everything" : `${amountOf(view)} received`}. We sent the receipt to your e-mail and are getting your parcel ready.`];
  return { art: "paid", title, text, more: [receipt(view)] };
}

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
  `The pieces went back on the shelf and this order is closed. Please do not pay it now: money that still arrives is sent back to where it came from.`);

const cancelled = (view) => ended(view, "This order was cancelled",
  (view.refunds ?? []).length ? "Nothing more will be charged for it." : view.payment?.message || "Nothing more will be charged for it.");

const STATES = { pending, unknown, failed, review, paid, expired, cancelled };

/** {art, title, text, more} for a state. `tools`: {email, onStarted(view), onDoubt(), onTaken()}. */
export const panelFor = (state, view, tools) => STATES[state](view, tools);
