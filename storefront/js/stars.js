/** Ratings of one to five stars: shown, and chosen. */
import { h } from "./dom.js";

/** Stars for the eye, words for the ear. */
export const stars = (rating) => h("span", { class: "stars", role: "img", "aria-label": `${rating} of 5 stars` },
  h("span", { class: "stars__full", "aria-hidden": "true" }, "\u2605".repeat(Math.round(rating))),
  h("span", { class: "stars__empty", "aria-hidden": "true" }, "\u2605".repeat(5 - Math.round(rating))));

const WORDS = ["Poor", "Not good", "Fine", "Good", "Very good"];

/** A choice of stars in a form, best first so that each star fills those before it. */
export function starChoice(id) {
  return h("fieldset", { class: "rate" }, h("legend", {}, "Your rating"),
    h("div", { class: "rate__row" }, [5, 4, 3, 2, 1].map((rating) => [
      h("input", { type: "radio", class: "unseen", name: "rating", value: rating, id: `${id}-${rating}`, "data-field": "rating" }),
      h("label", { for: `${id}-${rating}`, "data-test": `rate-${rating}` },
        h("span", { class: "unseen" }, `${rating} of 5: ${WORDS[rating - 1]}`),
        h("span", { "aria-hidden": "true" }, "\u2605")),
    ]).flat()));
}
