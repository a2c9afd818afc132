/** What every page has: the cart's count, the currency switch, the way in, word of a lost connection. */
import { startAccount } from "./account.js";
import { count, onCart } from "./cart.js";
import { hook, say } from "./dom.js";
import { chooseCurrency, currency, onCurrency } from "./money.js";
import { startSavedCart } from "./saved-cart.js";

function showCount() {
  const pieces = count();
  say(hook("cart-count"), String(pieces));
  hook("cart-link").setAttribute("aria-label", `Cart, ${pieces} ${pieces === 1 ? "item" : "items"}`);
}

function showCurrency() {
  for (const button of document.querySelectorAll("[data-currency]")) {
    button.setAttribute("aria-pressed", String(button.dataset.currency === currency()));
  }
}

function showConnection() {
  const lost = navigator.onLine === false;
  hook("offline").hidden = !lost;
  say(hook("offline-text"), lost ? "You are offline. Your cart is safe on this phone; we go on when you are back." : "");
}

/** Starts the shared parts; every page's module calls it first. */
export function startPage() {
  startAccount();
  for (const button of document.querySelectorAll("[data-currency]")) {
    button.addEventListener("click", () => chooseCurrency(button.dataset.currency));
  }
  onCart(showCount);
  onCurrency(showCurrency);
  window.addEventListener("online", showConnection);
  window.addEventListener("offline", showConnection);
  window.addEventListener("pageshow", (event) => event.persisted && (showCount(), showCurrency()));
  showCount();
  showCurrency();
  showConnection();
  startSavedCart();
}
