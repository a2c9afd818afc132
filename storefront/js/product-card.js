/** One product in a list, and the grey shape that keeps its place. */
import { h, picture } from "./dom.js";
import { money } from "./money.js";

/** A list item that links to the product; `eager` for the pictures seen first. */
export function card(item, currency, eager) {
  const price = money(item.price_from[currency], currency);
  return h("li", { class: item.in_stock ? "card" : "card card--sold", "data-test": "product-card", "data-slug": item.slug },
    h("div", { class: "card__frame" },
      picture(item.image, { eager, className: "card__picture" }),
      item.in_stock ? null : h("span", { class: "card__sold" }, "Sold out")),
    h("div", { class: "card__text" },
      h("p", { class: "card__brand" }, item.brand),
      h("h3", { class: "card__name" },
        h("a", { href: `product.html?slug=${encodeURIComponent(item.slug)}` }, item.name)),
      item.condition && h("p", { class: "card__condition" }, item.condition),
      h("p", { class: "card__price" }, item.variants > 1 ? h("small", {}, "from ") : null, price)));
}

/** Placeholders of a card's own measure. */
export function skeletons(number) {
  return Array.from({ length: number }, () => h("li", { class: "card card--empty", "aria-hidden": "true" },
    h("div", { class: "card__frame" }),
    h("div", { class: "card__text" },
      h("p", { class: "bone bone--short" }), h("p", { class: "bone" }), h("p", { class: "bone bone--half" }))));
}
