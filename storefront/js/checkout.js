/** The checkout page: from a cart to one order, however often the button is pressed or the network fails. */
import { MPESA_LIMIT } from "../config.js";
import { plainly } from "./api.js";
import { expectedTotal, showBill } from "./bill.js";
import { lines, onCart, tellPrices } from "./cart.js";
import { fillCountries, readQuotes, showQuotes } from "./delivery.js";
import { fill, h, hook, notice, say } from "./dom.js";
import { chosenZone, clearFaults, faults, keepDraft, readForm, showFaults } from "./fields.js";
import { chooseCurrency, currency, money, onCurrency } from "./money.js";
import { rememberedOrders } from "./orders-memory.js";
import { startPage } from "./page.js";
import { placeOrder } from "./place-order.js";
import { kenyan } from "./phone.js";
import { priceCart, subtotal } from "./pricing.js";
import { showRefusal } from "./refusal.js";

const form = hook("form");
const button = hook("submit");
const outcome = hook("outcome");
let rows = [];
let quotes = [];
let busy = false;

async function open() {
  const cart = lines();
  if (cart.length === 0) {
    showEmpty();
    return;
  }
  try {
    rows = await priceCart(cart);
    if (rows.some((row) => row.trouble)) {
      window.location.replace("cart.html");
      return;
    }
    await requote();
    fill(hook("trouble"));
    form.hidden = false;
  } catch (error) {
    showFailure(error);
  }
}

function showEmpty() {
  const [last] = rememberedOrders();
  const link = last
    ? h("a", { class: "button", href: `order.html?number=${encodeURIComponent(last.number)}` }, `See order ${last.number}`)
    : h("a", { class: "button", href: "./" }, "See what we have");
  form.hidden = true;
  fill(hook("trouble"), notice("Your cart is empty", last ? "Your last order is kept here." : "Put something in it first.", link, "cart-empty"));
}

function showFailure(error) {
  const again = h("button", { class: "button", type: "button", "data-test": "retry-load", onclick: open }, "Try again");
  fill(hook("trouble"), notice("Prices and delivery did not load", `${plainly(error)} Your cart and what you type are kept on this device.`, again, "load-error"));
}

async function requote() {
  const chosen = chosenZone(form) || draft.zone;
  quotes = await readQuotes(currency(), subtotal(rows, currency()));
  showQuotes(hook("zones"), quotes, chosen);
  hook("zones").removeAttribute("aria-busy");
  hook("bill").removeAttribute("aria-busy");
  refresh();
}

const chosenQuote = () => quotes.find((quote) => quote.zone === chosenZone(form)) ?? null;

/** Brings bill, button and country in line with what is chosen. */
function refresh() {
  const now = currency();
  const total = expectedTotal(rows, chosenQuote(), now);
  showBill(hook("bill"), rows, chosenQuote(), now);
  hook("abroad").hidden = chosenQuote()?.zone !== "international";
  hook("needs-kes").hidden = now === "KES";
  const over = now === "KES" && total !== null && total > MPESA_LIMIT;
  hook("over-limit").hidden = !over;
  button.disabled = rows.length === 0 || now !== "KES" || over;
  if (!busy) say(button, total === null || now !== "KES" ? "Pay with M-Pesa" : `Pay ${money(total, now)} with M-Pesa`);
}

/** The whole request; its order of keys is fixed, so that equal orders print equally. */
function request() {
  const items = rows.map(({ line }) => ({ sku: line.sku, quantity: line.quantity }))
    .sort((one, other) => one.sku.localeCompare(other.sku));
  return { items, currency: currency(), ...readForm(form) };
}

async function submit(event) {
  event.preventDefault();
  if (busy || button.disabled) return;
  const body = request();
  const wrong = faults(body);
  if (wrong.length) {
    showFaults(form, wrong);
    say(outcome, "");
    return;
  }
  clearFaults(form);
  setBusy(true);
  try {
    const placed = await placeOrder(body, {
      lines: rows.map((row) => row.line),
      quoted: expectedTotal(rows, chosenQuote(), "KES"),
      onNews: (text) => fill(outcome, h("p", { class: "sending", "data-test": "sending" }, text)),
    });
    window.location.assign(`order.html?number=${encodeURIComponent(placed.order.number)}`);
  } catch (error) {
    setBusy(false);
    showRefusal(outcome, error, { form, rows, onAdjusted: () => {
      fill(outcome);
      button.focus();
    } });
  }
}

function setBusy(state) {
  busy = state;
  button.setAttribute("aria-disabled", String(state));
  hook("fields").disabled = state;
  if (state) say(button, "Placing your order\u2026");
  else refresh();
}

/** The phone that pays is the buyer's own phone until another is given. */
function followPhone() {
  if (ownMpesa) return;
  const typed = form.elements.phone.value;
  form.elements.mpesa.value = kenyan(typed) || !typed.startsWith("+") ? typed : "";
}

startPage();
fillCountries(form.elements.country);
const draft = keepDraft(form);
// The fields stand in the page before this script runs: what was typed meanwhile counts like what is typed later.
let ownMpesa = form.elements.mpesa.value.trim() !== "" && form.elements.mpesa.value !== form.elements.phone.value;
followPhone();

form.addEventListener("submit", submit);
form.addEventListener("input", (event) => {
  clearFaults(form, event.target);
  if (event.target.name === "mpesa") ownMpesa = event.target.value.trim() !== "";
  if (event.target.name === "phone") followPhone();
  if (event.target.name === "zone" && rows.length) refresh();
});
hook("use-kes").addEventListener("click", () => {
  chooseCurrency("KES");
  button.focus();
});
onCurrency(() => rows.length && !busy && requote().catch(showFailure));
onCart(() => busy || open());
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  setBusy(false);
  fill(outcome);
  open();
});
open().then(() => rows.length && tellPrices(rows));
