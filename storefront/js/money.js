/** Money is an integer of minor units (cents) and a currency; nothing here adds VAT or converts. */
import { lasting, load, save } from "./storage.js";

const NAME = "duka.currency";
const CURRENCIES = ["KES", "USD"];
const grouped = new Intl.NumberFormat("en-KE");
const changes = new EventTarget();

/** "KES 12,500", "KES 99.50", "$145.00": KES shows cents only when there are some. Words when there is no price. */
export function money(amount, currency) {
  if (!Number.isInteger(amount)) return `not sold in ${currency}`;
  const size = Math.abs(amount);
  const whole = grouped.format(Math.trunc(size / 100));
  const cents = size % 100;
  const digits = cents || currency !== "KES" ? `${whole}.${String(cents).padStart(2, "0")}` : whole;
  const sign = amount < 0 ? "\u2212" : "";
  return currency === "USD" ? `${sign}$${digits}` : `${sign}${currency}\u00a0${digits}`;
}

/** The currency the buyer reads prices in. */
export function currency() {
  const chosen = load(lasting, NAME, "KES");
  return CURRENCIES.includes(chosen) ? chosen : "KES";
}

/** Chooses the currency and tells every listener. */
export function chooseCurrency(chosen) {
  save(lasting, NAME, chosen);
  changes.dispatchEvent(new Event("change"));
}

/** Calls back when the currency changes, here or in another tab. */
export function onCurrency(callback) {
  changes.addEventListener("change", callback);
  window.addEventListener("storage", (event) => event.key === NAME && callback());
}
