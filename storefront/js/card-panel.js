/** The payment panel of an order that is to be paid by card. */
import { cardForm, refusedLater } from "./card-form.js";
import { countdown } from "./countdown.js";
import { h } from "./dom.js";
import { handoverOf, markRefusedLater } from "./handover.js";
import { money } from "./money.js";
import { payAgain } from "./pay-again.js";

const GRACE = 10_000;

const amountOf = ({ payment }) => money(payment.amount, payment.currency);
const timeLeft = ({ order }) => countdown(order.placed_at, order.reserved_until);

/** What tells one drawing of this panel from the next: while it is the same, the form is left alone. */
export function cardSign({ order, payment }) {
  const handover = handoverOf(payment.id);
  return [order.number, order.reserved_until, payment.id, handover !== null, handover?.taken ?? null, handover?.refused ?? null];
}

/** "taken": only the shop's word is awaited; "form": the card is to be given here; "elsewhere": it was begun elsewhere. */
export function cardPhase({ payment }) {
  const handover = handoverOf(payment.id);
  if (!handover) return "elsewhere";
  return handover.taken ? "taken" : "form";
}

/** The panel's parts. `tools`: {email, onStarted(view), onDoubt(), onTaken()}. */
export function cardPanel(view, tools) {
  return { taken, form, elsewhere }[cardPhase(view)](view, tools);
}

const taken = (view) => ({
  art: "scales", title: "Your payment is on its way",
  text: ["Stripe has your card for ", h("strong", {}, amountOf(view)), ". We wait until the money is really here; this page follows by itself."],
  more: [h("p", { class: "panel__note" }, "You may close this page: the receipt comes by e-mail.")],
});

const form = (view, tools) => ({
  art: "card", title: "Pay by card",
  text: ["To pay: ", h("strong", {}, amountOf(view)), ". The pieces are held for you meanwhile."],
  more: [cardForm(view, handoverOf(view.payment.id), tools), timeLeft(view), instead(view, tools)],
});

const elsewhere = (view, tools) => ({
  art: "card", title: "Waiting for the card payment",
  text: ["This order was begun on another tab or device, and ", h("strong", {}, amountOf(view)),
    " is not paid yet. You can go on there, or pay here: then what was begun there ends, and you are charged once."],
  more: [payAgain(view, tools), timeLeft(view)],
});

function instead(view, tools) {
  if (view.order.currency !== "KES") return null;
  return h("details", { class: "help", "data-test": "mpesa-instead" }, h("summary", {}, "Pay with M-Pesa instead"),
    payAgain(view, tools, { only: "mpesa" }));
}

/** Finds out whether the bank refused later what Stripe had taken; answers whether there is something new to draw. */
export async function lookAgain({ payment }) {
  const handover = handoverOf(payment.id);
  if (!handover?.taken || Date.now() - handover.taken < GRACE) return false;
  try {
    const why = await refusedLater(handover);
    if (why) markRefusedLater(payment.id, why);
    return why !== null;
  } catch {
    return false;
  }
}
