/** Another attempt to pay an order, by the same way or another: its own key, an editable phone, never too soon. */
import { NO_METHOD, passes, plainly, Problem, send, shopNow } from "./api.js";
import { clockText, secondsLeft } from "./countdown.js";
import { h, say } from "./dom.js";
import { clearFaults, readPayment, showFaults } from "./fields.js";
import { keepHandover } from "./handover.js";
import { alone, closeIntent, intentFor, markPlaced, markRefused, markSent } from "./intent.js";
import { methodChoice, readMethods, showMethods } from "./methods.js";
import { money } from "./money.js";
import { remember, remembered } from "./orders-memory.js";
import { kenyan, spoken } from "./phone.js";

/** The form, or a word when another try is not allowed now. `tools`: {email, onStarted(view), onDoubt()}; `only`: one way. */
export function payAgain(view, tools, { only = null } = {}) {
  const { order, payment } = view;
  if (payment.status === "failed" && payment.retry_allowed === false && !payment.retry_after) {
    return h("p", { class: "panel__note" }, "Another try is not possible just now; this page says when it is.");
  }
  const due = order.due ?? order.total;
  const phone = h("input", {
    id: "again-phone", name: "mpesa", type: "tel", inputmode: "tel", autocomplete: "tel", required: true, "data-field": "payment.phone",
    "data-test": "retry-phone", value: spoken(remembered(order.number)?.phone ?? order.customer?.phone ?? ""),
  });
  const byMpesa = h("div", { class: "field" }, h("label", { for: "again-phone" }, "M-Pesa phone"), phone);
  const button = h("button", { type: "submit", class: "button button--wide", "data-test": "retry-payment" });
  const said = h("p", { class: "panel__note", role: "status", "data-test": "retry-status" });
  const form = h("form", { class: "again", novalidate: true },
    only ? h("input", { type: "radio", name: "method", value: only, checked: true, hidden: true }) : methodChoice(payment.method),
    byMpesa, button, said);
  const purpose = `pay:${payment.id}`;
  let busy = false;
  let from = payment.retry_after;

  const method = () => readPayment(form).method;

  function refresh() {
    byMpesa.hidden = method() !== "mpesa";
    if (!button.disabled && !busy) say(button, label());
  }

  function label() {
    const amount = money(due, order.currency);
    if (method() !== payment.method || payment.status !== "failed") return method() === "mpesa" ? `Pay ${amount} with M-Pesa` : `Pay ${amount} by card`;
    return `Try again: ${amount}`;
  }

  const hold = () => {
    const left = from ? secondsLeft(from) : 0;
    button.disabled = left > 0;
    if (!busy) say(button, left > 0 ? `Try again in ${clockText(left)}` : label());
    if (left > 0) setTimeout(hold, 1000);
  };

  form.addEventListener("input", (event) => {
    clearFaults(form, event.target);
    refresh();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy || button.disabled) return;
    const wanted = readPayment(form);
    if (wanted.method === "mpesa" && !kenyan(wanted.phone)) {
      showFaults(form, [{ field: "payment.phone", message: "M-Pesa needs a Kenyan number, like 0712 345 678." }]);
      return;
    }
    busy = true;
    button.setAttribute("aria-disabled", "true");
    say(button, wanted.method === "mpesa" ? "Asking M-Pesa\u2026" : "One moment\u2026");
    say(said, "");
    const body = { email: tools.email, payment: wanted };
    try {
      await alone(purpose, () => ask(body));
    } finally {
      busy = false;
      button.removeAttribute("aria-disabled");
      hold();
    }
  });

  async function ask(body) {
    const intent = intentFor(purpose, body);
    markSent(purpose, intent);
    try {
      const answer = await send(`/orders/${encodeURIComponent(order.number)}/payments`, body, intent.key,
        (error, tried) => say(said, `${plainly(error)} Asking again (${tried} of 4); it stays one payment.`));
      markPlaced(purpose, intent, order.number);
      if (body.payment.phone) remember(order.number, { phone: body.payment.phone });
      tools.onStarted({ ...view, ...answer, payment: keepHandover(answer.payment), order: { ...order, ...answer.order } });
    } catch (error) {
      refused(error, intent);
    }
  }

  function refused(error, intent) {
    if (passes(error)) {
      say(said, `${plainly(error)} It is not known whether the request went out: this page is finding out.`);
      tools.onDoubt();
      return;
    }
    if (error.kind === "idempotency-key-reused") {
      closeIntent(purpose);
      say(said, "An earlier try is already on its way; this page is finding out.");
      tools.onDoubt();
      return;
    }
    markRefused(purpose, intent);
    if (error.kind !== NO_METHOD && error instanceof Problem && error.retryAfter) {
      from = new Date(shopNow() + error.retryAfter * 1000).toISOString();
      say(said, error.message);
    } else if (error.kind === NO_METHOD) {
      say(said, "This way to pay is not answering just now; nothing was begun. Please choose the other, or wait a few minutes.");
    } else if (error instanceof Problem && error.errors.length) {
      say(said, showFaults(form, error.errors).join(" "));
    } else {
      say(said, error instanceof Problem ? error.message : "Something went wrong on this page. Please reload it.");
      tools.onDoubt();
    }
  }

  hold();
  refresh();
  if (!only) {
    readMethods(order.currency, due).then((items) => {
      showMethods(form, items, payment.method);
      refresh();
    }, () => {});
  }
  return form;
}
