/** The wishlist page: the products as they are now, or the way in. */
import { plainly, Problem, read } from "./api.js";
import { fill, h, hook, notice, say } from "./dom.js";
import { currency, onCurrency } from "./money.js";
import { startPage } from "./page.js";
import { card, skeletons } from "./product-card.js";
import { canSignIn, onSession, signedInAs, signIn } from "./session.js";
import { readWishes, setWish } from "./wishes.js";

const AT_ONCE = 12;
const place = hook("wishes");
const status = hook("status");
const more = hook("more");
let waiting = [];
let shown = [];

async function open() {
  more.hidden = true;
  shown = [];
  const name = signedInAs();
  say(hook("who"), name === null ? "" : `Signed in as ${name}`);
  if (!canSignIn || name === null) {
    showWayIn();
    return;
  }
  fill(place, skeletons(4));
  try {
    waiting = await readWishes();
    await showMore();
  } catch (error) {
    if (signedInAs() !== null) showFailure(error);
  }
}

function whole(...nodes) {
  place.removeAttribute("aria-busy");
  fill(place, h("li", { class: "grid__whole" }, nodes));
}

function showWayIn() {
  const button = canSignIn && h("button", { class: "button", type: "button", "data-test": "wishlist-sign-in", onclick: signIn }, "Sign in");
  say(status, "");
  whole(notice("Keep what you like", "Sign in to keep a wishlist and to find your cart on every device. You can order without.", button, "signed-out"));
}

function showFailure(error) {
  const again = h("button", { class: "button", type: "button", "data-test": "retry-load", onclick: open }, "Try again");
  whole(notice("Your wishlist did not load", plainly(error), again, "load-error"));
}

async function product(slug) {
  try {
    return { slug, product: await read(`/products/${encodeURIComponent(slug)}`) };
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return { slug, product: null };
    throw error;
  }
}

async function showMore() {
  const next = await Promise.all(waiting.slice(0, AT_ONCE).map(product));
  waiting = waiting.slice(AT_ONCE);
  shown = [...shown, ...next];
  show();
}

/** A product as the lists show it. */
function asItem(detail) {
  const lowest = (money) => Math.min(...detail.variants.map((variant) => variant.prices[money]).filter(Number.isInteger));
  const prices = Object.fromEntries(["KES", "USD"].map((one) => [one, lowest(one)]).filter(([, amount]) => Number.isFinite(amount)));
  return {
    ...detail, image: detail.images[0] ?? null, price_from: prices, variants: detail.variants.length,
    in_stock: detail.variants.some((variant) => variant.available > 0),
  };
}

function wish({ slug, product: found }) {
  const name = found?.name ?? slug.replaceAll("-", " ");
  const drop = h("button", {
    type: "button", class: "heart heart--card", "aria-label": `Take ${name} off the wishlist`, "aria-pressed": "true",
    "data-test": "unwish", onclick: () => remove(slug, name),
  }, h("span", { class: "heart__shape", "aria-hidden": "true" }));
  const node = found ? card(asItem(found), currency(), false)
    : h("li", { class: "card card--sold", "data-slug": slug }, h("div", { class: "card__frame" }), h("div", { class: "card__text" },
      h("h3", { class: "card__name" }, name), h("p", { class: "card__condition" }, "No longer sold")));
  node.append(drop);
  return node;
}

function show() {
  place.removeAttribute("aria-busy");
  more.hidden = waiting.length === 0;
  if (shown.length === 0) {
    say(status, "");
    whole(notice("Nothing here yet", "Press the heart on a product to keep it here.", h("a", { class: "button", href: "./" }, "See what we have"), "no-wishes"));
    return;
  }
  const number = shown.length + waiting.length;
  say(status, `${number} ${number === 1 ? "product" : "products"}`);
  fill(place, shown.map(wish));
}

async function remove(slug, name) {
  try {
    await setWish(slug, false);
    shown = shown.filter((one) => one.slug !== slug);
    show();
    say(status, `${name} taken off. ${status.textContent}`);
    hook("heading").focus();
  } catch (error) {
    say(status, plainly(error));
  }
}

startPage();
onSession(open);
onCurrency(() => shown.length && show());
more.addEventListener("click", () => showMore().catch((error) => say(status, plainly(error))));
open();
