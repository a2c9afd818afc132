/** The order page: finds the order by number and e-mail, shows it, and watches it until nothing more can happen. */
import { decoded } from "./address.js";
import { plainly, Problem } from "./api.js";
import { lookAgain } from "./card-panel.js";
import { fill, h, hook, say, when } from "./dom.js";
import { clearFaults, showFaults } from "./fields.js";
import { dropHandover } from "./handover.js";
import { closeOrder } from "./intent.js";
import { money } from "./money.js";
import { dropEmail, emailFor, forgetOrders, keepEmail, remember, rememberedOrders } from "./orders-memory.js";
import { showOrder } from "./order-view.js";
import { stateOf, waits } from "./order-state.js";
import { startPage } from "./page.js";
import { load, passing, save } from "./storage.js";
import { showPanel } from "./waiting.js";
import { watch } from "./watch.js";

const form = hook("lookup");
const panel = hook("panel");
const note = hook("note");
let watching = null;
let latest = null;

/** A bank's page comes back with Stripe's words in the address; the secret among them has no business there. */
function tidyAddress() {
  const here = new URL(window.location.href);
  for (const name of ["payment_intent", "payment_intent_client_secret", "redirect_status"]) here.searchParams.delete(name);
  if (here.href !== window.location.href) window.history.replaceState(null, "", here);
}

const numberInAddress = () =>
  (new URLSearchParams(window.location.search).get("number") ?? decoded(window.location.hash.slice(1))).trim();

function open() {
  watching?.stop();
  watching = null;
  const number = numberInAddress();
  const email = number && emailFor(number);
  if (!number || !email) {
    showLookup(number);
    return;
  }
  hook("find").hidden = true;
  hook("found").hidden = false;
  document.title = `Order ${number} \u00b7 Duka Salama`;
  say(hook("heading"), `Order ${number}`);
  const fresh = load(passing, `duka.fresh.${number}`, null);
  if (fresh) show(fresh, email);
  watching = watch(number, email, {
    onView: (view) => {
      save(passing, `duka.fresh.${number}`, null);
      show(view, email);
    },
    onTrouble: (error) => say(note, `${plainly(error)} Your payment is not affected; we keep asking.`),
    onEnd: (error) => ended(error, number),
  });
}

function show(view, email) {
  const { order } = view;
  latest = view;
  say(note, waits(view) ? "Checking with the shop every few seconds." : "");
  hook("check").hidden = !waits(view) && stateOf(view) !== "review";
  const tools = {
    email,
    onStarted: (next) => watching.see(next),
    onDoubt: () => watching.askNow(),
    onTaken: () => {
      show(latest, email);
      watching.askNow();
    },
  };
  showPanel(panel, view, tools);
  showOrder(hook("order"), view, tools);
  hook("order").removeAttribute("aria-busy");
  remember(order.number, { email, total: order.total, currency: order.currency, placedAt: order.placed_at });
  if (waits(view)) lookAgain(view).then((changed) => changed && show(latest, email));
  else dropHandover(view.payment?.id);
  if (!waits(view) && stateOf(view) !== "review") closeOrder(order.number);
}

function ended(error, number) {
  if (error instanceof Problem && error.status === 404) {
    dropEmail(number);
    showLookup(number, "No order has that number and e-mail. Please look at both again.");
    return;
  }
  say(note, error ? plainly(error) : "We stopped asking by ourselves.");
  const again = h("button", { type: "button", class: "button button--quiet", "data-test": "watch-again", onclick: open }, "Check again");
  note.append(" ", again);
  hook("check").hidden = true;
}

function showLookup(number, message = "") {
  document.title = "My orders \u00b7 Duka Salama";
  hook("find").hidden = false;
  hook("found").hidden = true;
  clearFaults(form);
  if (number) form.elements.number.value = number;
  say(hook("lookup-said"), message);
  if (message || number) (number ? form.elements.email : form.elements.number).focus();
  showRemembered();
}

function showRemembered() {
  const orders = rememberedOrders();
  hook("remembered").hidden = orders.length === 0;
  fill(hook("remembered-list"), orders.map((one) => h("li", {},
    h("a", { href: `order.html?number=${encodeURIComponent(one.number)}`, "data-test": "remembered-order" }, one.number),
    h("span", {}, [one.placedAt && when(one.placedAt), Number.isInteger(one.total) && money(one.total, one.currency)]
      .filter(Boolean).join(" \u00b7 ")))));
}

form.addEventListener("input", (event) => clearFaults(form, event.target));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const number = form.elements.number.value.trim().toUpperCase();
  const email = form.elements.email.value.trim();
  const wrong = [
    !number && { field: "number", message: "Please give the order number from your e-mail." },
    !/^[^\s@]+@[^\s@]+$/.test(email) && { field: "email", message: "Please give the e-mail you ordered with." },
  ].filter(Boolean);
  if (wrong.length) {
    showFaults(form, wrong);
    return;
  }
  keepEmail(number, email);
  window.history.pushState(null, "", `order.html?number=${encodeURIComponent(number)}`);
  say(hook("lookup-said"), "");
  panel.hidden = true;
  hook("order").setAttribute("aria-busy", "true");
  open();
});
hook("forget").addEventListener("click", () => {
  forgetOrders();
  showRemembered();
  form.elements.number.focus();
});
hook("check").addEventListener("click", () => {
  say(note, "Asking now\u2026");
  watching?.askNow();
});
window.addEventListener("popstate", open);
window.addEventListener("hashchange", open);
window.addEventListener("pageshow", (event) => event.persisted && open());

tidyAddress();
startPage();
open();
