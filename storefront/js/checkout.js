/** The checkout page: from a cart to one order, however often the button is pressed or the network fails. */
import { plainly } from "./api.js";
import { expectedTotal, showBill } from "./bill.js";
import { lines, onCart, tellPrices } from "./cart.js";
import { fillCountries, readQuotes, showQuotes } from "./delivery.js";
import { fill, h, hook, notice, say } from "./dom.js";
import { chosenZone, clearFaults, faults, keepDraft, readForm, showFaults } from "./fields.js";
import { chosenMethod, readMethods, showMethods } from "./methods.js";
import { chooseCurrency, currency, money, onCurrency } from "./money.js";
import { rememberedOrders } from "./orders-memory.js";
import { startPage } from "./page.js";
import { placeOrder } from "./place-order.js";
import { kenyan } from "./phone.js";
import { priceCart, subtotal } from "./pricing.js";
import { showRefusal } from "./refusal.js";
import { startVoucher } from "./voucher.js";

const form = hook("form");
const button = hook("submit");
const outcome = hook("outcome");
let rows = [];
let quotes = [];
let methods = [];
let asked = 0;
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
  await remethod();
  hook("zones").removeAttribute("aria-busy");
  hook("bill").removeAttribute("aria-busy");
  voucher.asksAgain();
  refresh();
}

const chosenQuote = () => quotes.find((quote) => quote.zone === chosenZone(form)) ?? null;

const total = () => expectedTotal(rows, chosenQuote(), currency(), voucher.discount(currency()));

/** Asks which ways to pay take what is to be paid now; a later asking makes an earlier one's answer void. */
async function remethod() {
  asked += 1;
  const mine = asked;
  const amount = total();
  if (amount === 0) return;
  // Where M-Pesa pays, the shop forgoes the cents beyond whole shillings.
  const items = await readMethods(currency(), amount && currency() === "KES" ? amount - (amount % 100) : amount);
  if (mine !== asked) return;
  methods = items;
  showMethods(form, methods, wished);
}

/** After another choice: what could be paid before is still shown while the shop is asked. */
function rethink() {
  refresh();
  remethod().then(() => {
    fill(hook("trouble"));
    refresh();
  }, () => {});
}

/** Brings bill, button and country in line with what is chosen. */
function refresh() {
  const now = currency();
  const method = chosenMethod(form);
  showBill(hook("bill"), rows, chosenQuote(), now, {
    discount: voucher.discount(now), credit: form.elements.credit.value.trim() !== "",
  });
  hook("abroad").hidden = chosenQuote()?.zone !== "international";
  showFields(method);
  const none = !methods.some((item) => item.available);
  hook("needs-kes").hidden = !none || now === "KES" || rows.length === 0;
  hook("no-method").hidden = !none || now !== "KES" || rows.length === 0;
  button.disabled = rows.length === 0 || none;
  if (!busy) say(button, label(total(), now, method));
}

function showFields(method) {
  hook("by-mpesa").hidden = method === "card";
  hook("by-card").hidden = method !== "card";
}

function label(amount, now, method) {
  if (!amount || method === "") return "Place the order";
  return method === "mpesa" ? `Pay ${money(amount, now)} with M-Pesa` : `Go on to pay ${money(amount, now)} by card`;
}

/** The whole request; its order of keys is fixed, so that equal orders print equally. */
function request() {
  return { items: items(), currency: currency(), ...readForm(form) };
}

const items = () => rows.map(({ line }) => ({ sku: line.sku, quantity: line.quantity }))
  .sort((one, other) => one.sku.localeCompare(other.sku));

/** What a voucher's discount depends on; what is not filled in yet is left out. */
function basis() {
  const { customer, shipping } = readForm(form);
  const known = !faults({ ...readForm(form), customer }).some(({ field }) => ["customer.email", "customer.phone"].includes(field));
  return {
    items: items(), currency: currency(),
    ...(shipping.zone && { shipping: { zone: shipping.zone } }),
    ...(known && { customer: { email: customer.email, phone: customer.phone } }),
  };
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
      quoted: body.credit ? null : total(),
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
// The fields stand in the page before this script runs: what was typed or chosen meanwhile counts like what comes later.
let ownMpesa = form.elements.mpesa.value.trim() !== "" && form.elements.mpesa.value !== form.elements.phone.value;
let wished = form.querySelector("input[name=method]:checked:not([checked])")?.value ?? (draft.method === "card" ? "card" : "mpesa");
for (const input of form.elements.method) input.checked = input.value === wished;
const voucher = startVoucher(form, { basis, onChange: rethink });
followPhone();
showFields(wished);

form.addEventListener("submit", submit);
form.addEventListener("input", (event) => {
  const { name, value } = event.target;
  clearFaults(form, event.target);
  if (name === "mpesa") ownMpesa = value.trim() !== "";
  if (name === "phone") followPhone();
  if (name === "method") wished = value;
  if (rows.length === 0) return;
  if (name === "zone") {
    voucher.asksAgain();
    rethink();
  } else if (name === "method" || name === "credit") refresh();
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
open().then(() => {
  if (rows.length === 0) return;
  tellPrices(rows);
  voucher.begin();
});
