/** One product: pictures, what it is, which variant, how many. */
import { plainly, Problem, read } from "./api.js";
import { add, quantityOf } from "./cart.js";
import { fill, h, hook, notice, picture, say } from "./dom.js";
import { currency, money, onCurrency } from "./money.js";
import { startPage } from "./page.js";
import { reviewList } from "./review-list.js";
import { stars } from "./stars.js";
import { wishHeart } from "./wish-heart.js";

const place = hook("product");
let product = null;
let chosen = null;

async function open() {
  const slug = new URLSearchParams(window.location.search).get("slug") ?? "";
  try {
    product = await read(`/products/${encodeURIComponent(slug)}`);
    chosen = product.variants.find((one) => one.available > 0) ?? product.variants[0] ?? null;
    document.title = `${product.name} \u00b7 Duka Salama`;
    show();
  } catch (error) {
    showFailure(error);
  } finally {
    place.removeAttribute("aria-busy");
  }
}

function showFailure(error) {
  const missing = error instanceof Problem && error.status === 404;
  const back = h("a", { class: "button", href: "./" }, "See what we have");
  const again = h("button", { class: "button", type: "button", "data-test": "retry-load", onclick: open }, "Try again");
  fill(place, missing
    ? notice("We do not have that one", "It may have been sold or renamed.", back, "not-found")
    : notice("The product did not load", plainly(error), again, "load-error"));
}

function gallery() {
  const [first, ...others] = product.images;
  const main = picture(first, { eager: true, className: "gallery__main" });
  if (others.length === 0) return h("div", { class: "gallery" }, main);
  const thumbs = product.images.map((image, index) => h("button", {
    type: "button", class: "gallery__thumb", "aria-pressed": String(index === 0), "aria-label": `Picture ${index + 1}: ${image.alt}`,
    onclick: (event) => {
      main.src = image.url;
      main.alt = image.alt;
      for (const thumb of thumbs) thumb.setAttribute("aria-pressed", String(thumb === event.currentTarget));
    },
  }, picture({ url: image.url, alt: "" })));
  return h("div", { class: "gallery" }, main, h("div", { class: "gallery__thumbs" }, thumbs));
}

/** A variant's attributes that its name does not say already. */
const attributeText = (variant) => Object.entries(variant.attributes ?? {})
  .filter(([, value]) => !variant.name.includes(value))
  .map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`)
  .join(" \u00b7 ");

function variantChoice(variant) {
  const spent = variant.available <= 0;
  return h("label", { class: spent ? "choice choice--spent" : "choice" },
    h("input", {
      type: "radio", name: "variant", value: variant.sku, checked: variant === chosen, "data-test": `variant-${variant.sku}`,
      onchange: () => {
        chosen = variant;
        showChosen();
      },
    }),
    h("span", { class: "choice__body" },
      h("span", { class: "choice__name" }, variant.name),
      attributeText(variant) && h("span", { class: "choice__note" }, attributeText(variant))),
    h("span", { class: "choice__side" }, h("span", { "data-price": variant.sku }, money(variant.prices[currency()], currency())),
      spent ? h("small", {}, "Sold out") : null));
}

function show() {
  const variants = product.variants.length > 1
    ? h("fieldset", { class: "choices" }, h("legend", {}, "Choose"), product.variants.map(variantChoice))
    : null;
  const quantity = h("input", {
    id: "quantity", type: "number", inputmode: "numeric", min: 1, max: 99, value: 1, class: "stepper__value", "data-test": "quantity",
  });
  const step = (by) => () => {
    quantity.value = String(Math.max(1, Math.min(most(), (Number.parseInt(quantity.value, 10) || 1) + by)));
  };
  const form = h("form", { class: "buy", onsubmit: (event) => {
    event.preventDefault();
    addChosen(quantity);
  } },
  variants,
  h("p", { class: "buy__stock", "data-hook": "stock", "data-test": "stock" }),
  h("div", { class: "buy__row", "data-hook": "buy-row" },
    h("div", { class: "stepper" },
      h("label", { for: "quantity", class: "unseen" }, "Quantity"),
      h("button", { type: "button", class: "stepper__step", "aria-label": "One less", onclick: step(-1) }, "\u2212"),
      quantity,
      h("button", { type: "button", class: "stepper__step", "aria-label": "One more", onclick: step(1) }, "+")),
    h("button", { class: "button button--wide", type: "submit", "data-test": "add-to-cart" }, "Add to cart")),
  h("p", { class: "buy__said", role: "status", "data-hook": "said", "data-test": "added" }));
  fill(place, h("article", { class: "product" },
    gallery(),
    h("div", { class: "product__side" },
      h("p", { class: "product__brand" }, product.brand),
      h("h1", { class: "product__name", "data-test": "product-name" }, product.name),
      h("div", { class: "product__facts" },
        product.condition && h("p", { class: "tag" }, product.condition),
        h("a", { class: "product__score", href: "#reviews-title", "data-hook": "score", "data-test": "score" }, "Reviews")),
      h("p", { class: "product__price", "data-hook": "price", "data-test": "price" }),
      h("p", { class: "product__vat" }, product.tax_class === "exempt" || product.tax_class === "zero"
        ? "No VAT is charged on this" : "VAT included"),
      h("p", { class: "product__summary" }, product.summary),
      form,
      wishHeart(product, said)),
    h("section", { class: "product__about" },
      h("h2", {}, "About it"),
      String(product.description ?? "").split(/\n+/).filter(Boolean).map((text) => h("p", {}, text))),
    reviewList(product.slug, showScore)));
  showChosen();
}

/** The link keeps its place before the score is known, and says no more than "Reviews" without one. */
function showScore(average, count) {
  if (count > 0) fill(hook("score"), stars(average), ` ${average} (${count})`);
}

const most = () => Math.max(0, (chosen?.available ?? 0) - quantityOf(chosen?.sku));

function showChosen() {
  if (!chosen) return;
  say(hook("price"), money(chosen.prices[currency()], currency()));
  const { available } = chosen;
  const stock = hook("stock");
  stock.dataset.level = available <= 0 ? "none" : available <= 3 ? "low" : "good";
  say(stock, available <= 0 ? "Sold out" : available <= 3 ? `Only ${available} left` : "In stock");
  hook("buy-row").hidden = available <= 0;
}

function addChosen(field) {
  const wanted = Number.parseInt(field.value, 10);
  const room = most();
  if (!Number.isInteger(wanted) || wanted < 1) {
    said("Give a quantity of 1 or more.");
    field.focus();
    return;
  }
  if (room === 0) {
    said("All that is left is already in your cart.", true);
    return;
  }
  const quantity = Math.min(wanted, room);
  add({
    sku: chosen.sku, slug: product.slug, quantity, name: product.name, variant: chosen.name,
    image: product.images[0] ?? null, seen: chosen.prices,
  }, chosen.available);
  field.value = "1";
  said(quantity < wanted ? `Only ${quantity} more could be added.` : `Added: ${quantity} \u00d7 ${product.name}.`, true);
}

function said(text, link = false) {
  fill(hook("said"), h("span", {}, text), link && h("a", { href: "cart.html", "data-test": "go-to-cart" }, "Go to cart"));
}

startPage();
onCurrency(() => {
  if (!product) return;
  for (const node of place.querySelectorAll("[data-price]")) {
    const variant = product.variants.find((one) => one.sku === node.dataset.price);
    say(node, money(variant.prices[currency()], currency()));
  }
  showChosen();
});
open();
