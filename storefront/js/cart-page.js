/** The cart page: lines at today's prices, what changed since, and on to checkout. */
import { plainly } from "./api.js";
import { lines, onCart, setQuantity, tellPrices } from "./cart.js";
import { fill, h, hook, notice, picture, say } from "./dom.js";
import { currency, money, onCurrency } from "./money.js";
import { startPage } from "./page.js";
import { fullName, priceCart, subtotal } from "./pricing.js";
import { showOffer } from "./saved-offer.js";
import { onSession } from "./session.js";

const place = hook("cart");
const spoken = hook("status");
let rows = [];
let round = 0;

/** Reads the shop again and draws; a later call makes an earlier one's answer void. */
async function refresh() {
  round += 1;
  const mine = round;
  const cart = lines();
  if (cart.length === 0) {
    rows = [];
    show();
    return;
  }
  try {
    const priced = await priceCart(cart);
    if (mine !== round) return;
    rows = priced;
    show();
    tellPrices(rows);
  } catch (error) {
    if (mine === round) showFailure(error);
  }
}

function showFailure(error) {
  place.removeAttribute("aria-busy");
  const again = h("button", { class: "button", type: "button", "data-test": "retry-load", onclick: refresh }, "Try again");
  fill(place, notice("Prices could not be read", `${plainly(error)} Your cart is kept on this device.`, again, "load-error"));
}

function change(sku, quantity, what) {
  setQuantity(sku, quantity);
  say(spoken, what);
}

function troubleText({ trouble, variant }) {
  return {
    gone: "No longer sold. Please remove it.",
    "sold-out": "Sold out. Please remove it.",
    short: variant && `Only ${variant.available} left.`,
  }[trouble];
}

function rowNode(row) {
  const { line, variant, trouble, was } = row;
  const now = currency();
  const name = fullName(line.name, line.variant);
  const changed = was && was[now] !== variant.prices[now];
  const most = variant?.available ?? 0;
  const step = (by, label) => h("button", {
    type: "button", class: "stepper__step", "aria-label": `${label} of ${name}`, "data-test": by > 0 ? "line-more" : "line-less",
    disabled: by > 0 ? line.quantity >= most : line.quantity <= 1,
    onclick: () => change(line.sku, line.quantity + by, `${name}: ${line.quantity + by}`),
  }, by > 0 ? "+" : "\u2212");
  return h("li", { class: trouble ? "line line--trouble" : "line", "data-test": "cart-line", "data-sku": line.sku },
    picture(line.image, { className: "line__picture" }),
    h("div", { class: "line__text" },
      h("h2", { class: "line__name" },
        h("a", { href: `product.html?slug=${encodeURIComponent(line.slug)}` }, line.name)),
      line.variant !== line.name && h("p", { class: "line__variant" }, line.variant),
      variant && h("p", { class: "line__each" }, `${money(variant.prices[now], now)} each`),
      changed && h("p", { class: "line__changed", "data-test": "price-changed" },
        `Price changed: it was ${money(was[now], now)}.`),
      trouble && h("p", { class: "line__trouble", "data-test": "line-trouble" }, troubleText(row), " ",
        trouble === "short" && h("button", {
          type: "button", class: "link", "data-test": "line-adjust",
          onclick: () => change(line.sku, most, `${name}: ${most}`),
        }, `Change to ${most}`))),
    h("div", { class: "line__tools" },
      variant && trouble !== "sold-out" && h("div", { class: "stepper stepper--small" },
        step(-1, "One less"),
        h("span", { class: "stepper__value", "data-test": "line-quantity", "aria-label": `Quantity ${line.quantity}` }, line.quantity),
        step(1, "One more")),
      h("button", {
        type: "button", class: "link", "aria-label": `Remove ${name}`, "data-test": "line-remove",
        onclick: () => {
          change(line.sku, 0, `${name} removed`);
          hook("heading").focus();
        },
      }, "Remove")),
    variant && h("p", { class: "line__total" }, money(variant.prices[now] * line.quantity, now)));
}

function summary() {
  const now = currency();
  const blocked = rows.some((row) => row.trouble);
  return h("aside", { class: "bill", "aria-label": "Cart total" },
    h("dl", { class: "sums" },
      h("div", { class: "sums__total" }, h("dt", {}, "Subtotal"), h("dd", { "data-test": "cart-subtotal" }, money(subtotal(rows, now), now)))),
    h("p", { class: "bill__note" }, "Prices include VAT. Delivery is added at checkout."),
    blocked
      ? h("p", { class: "bill__block", "data-test": "cart-blocked" }, "Put the marked lines right to go on.")
      : h("a", { class: "button button--wide", href: "checkout.html", "data-test": "go-to-checkout" }, "Go to checkout"),
    h("a", { class: "bill__back", href: "./" }, "Go on shopping"));
}

function show() {
  const focused = document.activeElement?.getAttribute("aria-label");
  place.removeAttribute("aria-busy");
  if (rows.length === 0) {
    fill(place, notice("Your cart is empty", "Good things go quickly here: most pieces are one of a kind.",
      h("a", { class: "button", href: "./" }, "See what we have"), "cart-empty"));
    return;
  }
  fill(place, h("ul", { class: "lines" }, rows.map(rowNode)), summary());
  if (focused) place.querySelector(`[aria-label="${CSS.escape(focused)}"]:not(:disabled)`)?.focus();
}

startPage();
onCart(() => {
  const now = new Map(lines().map((line) => [line.sku, line]));
  rows = rows.filter((row) => now.has(row.line.sku)).map((row) => {
    const line = now.get(row.line.sku);
    const short = row.variant && row.variant.available > 0 && row.variant.available < line.quantity;
    const trouble = ["gone", "sold-out"].includes(row.trouble) ? row.trouble : short ? "short" : null;
    return { ...row, line, trouble };
  });
  if (rows.length === now.size) show();
  else refresh();
});
onCurrency(() => rows.length && show());
onSession(() => showOffer(hook("offer")));
window.addEventListener("pageshow", (event) => event.persisted && refresh());
refresh();
showOffer(hook("offer"));
