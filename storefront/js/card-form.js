/**
 * Paying an order by card: Stripe's own Payment Element takes the card, so that the shop never sees it. What Stripe
 * says here only moves this page along; the order is paid when the shop itself says so.
 */
import { plainly } from "./api.js";
import { fill, h, say } from "./dom.js";
import { markTaken } from "./handover.js";
import { money } from "./money.js";
import { stripeFor } from "./stripe.js";

/** The look of the Payment Element, in the shop's own colours. */
const APPEARANCE = {
  theme: "stripe",
  variables: { colorPrimary: "#a9182f", colorText: "#2b1722", colorDanger: "#a9182f", borderRadius: "6px", fontSizeBase: "16px" },
};

/** An intent's states from which on only the shop's word is awaited. */
const TAKEN = ["succeeded", "processing", "requires_capture"];

const UNHARMED = "Nothing was charged: you can try again, or use another card.";

/** Where an issuer's page comes back to, when a payment needs to leave this one. */
const returnUrl = () => new URL(window.location.pathname + window.location.search, window.location.origin).href;

/** The form. `tools`: {onTaken(), onDoubt()}; `handover`: {secret, key, refused}. */
export function cardForm({ payment }, handover, tools) {
  const label = `Pay ${money(payment.amount, payment.currency)}`;
  const mount = h("div", { class: "card__mount", "data-test": "card-element" });
  const wait = h("div", { class: "card__wait", "aria-hidden": "true" }, h("p", { class: "bone" }), h("p", { class: "bone bone--half" }));
  const button = h("button", { type: "submit", class: "button button--wide", "data-test": "card-pay", disabled: true }, label);
  const said = h("div", { role: "alert", "data-test": "card-said" });
  const form = h("form", { class: "card-form", "data-test": "card-form", novalidate: true }, h("div", { class: "card__place" }, wait, mount), said, button,
    h("p", { class: "field__hint" }, "The card goes straight to Stripe over an encrypted line. The shop never sees its number."));
  let stripe = null;
  let elements = null;
  let busy = false;

  async function open() {
    fill(said);
    fill(mount);
    try {
      stripe = await stripeFor(handover.key);
      const { paymentIntent: now } = await stripe.retrievePaymentIntent(handover.secret);
      // After a reload, or back from a bank's page, Stripe may have the card already.
      if (TAKEN.includes(now?.status)) {
        taken();
        return;
      }
      elements = stripe.elements({ clientSecret: handover.secret, appearance: APPEARANCE });
      const element = elements.create("payment");
      element.on("ready", ready);
      element.on("loaderror", ({ error }) => missed(error?.message));
      element.mount(mount);
      // The bank was asking when the page was left: it goes on asking.
      if (now?.status === "requires_action") await busily(async () => follow(await stripe.handleNextAction({ clientSecret: handover.secret })));
    } catch (error) {
      missed(plainly(error));
    }
  }

  function ready() {
    wait.remove();
    button.disabled = false;
  }

  function missed(text) {
    fill(said, h("p", { class: "refusal" }, `${text ?? ""} The card form did not load. `,
      h("button", { type: "button", class: "link", "data-test": "card-reload", onclick: open }, "Load it again")));
  }

  function refuse(text) {
    fill(said, h("p", { class: "refusal", "data-test": "card-refused" }, text));
  }

  async function pay() {
    // What is wrong in Stripe's fields is said there.
    const checked = await elements.submit();
    if (checked.error) return;
    follow(await stripe.confirmPayment({ elements, confirmParams: { return_url: returnUrl() }, redirect: "if_required" }));
  }

  function follow({ error, paymentIntent }) {
    if (error) failed(error);
    else if (TAKEN.includes(paymentIntent?.status)) taken();
    else refuse("Your bank has not agreed yet. Please try again.");
  }

  function failed(error) {
    if (TAKEN.includes(error.payment_intent?.status)) taken();
    else if (error.type === "validation_error") fill(said);
    else if (error.type === "card_error") {
      refuse(`${error.message} ${UNHARMED}`);
    } else {
      refuse("We could not hear whether the payment went through. Please wait a moment: this page is finding out. If nothing changes, pressing again is safe, you are charged once.");
      tools.onDoubt();
    }
  }

  function taken() {
    markTaken(payment.id);
    tools.onTaken();
  }

  async function busily(work) {
    busy = true;
    button.setAttribute("aria-disabled", "true");
    say(button, "Asking your bank\u2026");
    fill(said);
    try {
      await work();
    } catch {
      failed({});
    } finally {
      busy = false;
      button.removeAttribute("aria-disabled");
      say(button, label);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!busy && !button.disabled) busily(pay);
  });

  open();
  if (handover.refused) refuse(handover.refused);
  return form;
}

/** Why the bank refused later a card that Stripe had taken; null while nothing is known against it. */
export async function refusedLater({ secret, key }) {
  const stripe = await stripeFor(key);
  const { paymentIntent } = await stripe.retrievePaymentIntent(secret);
  if (paymentIntent?.status !== "requires_payment_method") return null;
  return `${paymentIntent.last_payment_error?.message ?? "Your bank did not agree."} ${UNHARMED}`;
}
