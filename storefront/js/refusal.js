/** Why an order was not placed, said where the buyer can do something about it. */
import { NO_METHOD, passes, plainly, Problem } from "./api.js";
import { setQuantity } from "./cart.js";
import { fill, h } from "./dom.js";
import { showFaults } from "./fields.js";
import { fullName } from "./pricing.js";

/** Draws the refusal in `place`; field errors go to their fields. `onAdjusted` runs after the cart was adjusted. */
export function showRefusal(place, error, { form, rows, onAdjusted }) {
  const box = (title, ...rest) => {
    fill(place, h("div", { class: "refusal", role: "alert", tabindex: "-1", "data-test": "refusal", "data-kind": error.kind ?? "" },
      h("p", { class: "refusal__title" }, title), rest.flat().filter(Boolean)));
    place.firstElementChild.focus();
  };
  const asProblem = error instanceof Problem;

  if (asProblem && error.body.sku && "available" in error.body) {
    const row = rows.find(({ line }) => line.sku === error.body.sku);
    box(...outOfStock(row, error.body, onAdjusted));
  } else if (asProblem && error.kind === "idempotency-key-reused") {
    box("Your earlier try did become an order.",
      h("p", {}, "It arrived although we could not hear the answer, so this changed one was not placed. Its number is in your e-mail; open it under ",
        h("a", { href: "order.html" }, "My orders"), "."),
      h("p", {}, "To place this one as well, press the button again."));
  } else if (asProblem && error.kind === NO_METHOD) {
    box("This way to pay is not answering just now.",
      h("p", {}, "Nothing was ordered and nothing is charged. Please choose the other way to pay, or try again in a few minutes."));
  } else if (passes(error)) {
    box("We could not hear whether your order was placed.",
      h("p", {}, plainly(error)),
      h("p", {}, "Press the button again when the network is better: it goes under the same order key, so you get one order and one charge."));
  } else if (asProblem && error.errors.length) {
    const strays = showFaults(form, error.errors);
    if (strays.length) box("The shop could not take this order.", strays.map((text) => h("p", {}, text)));
    else fill(place, h("p", { class: "refusal", role: "alert", "data-test": "refusal" }, "Please look at the marked fields."));
  } else if (asProblem) {
    box("The shop could not take this order.", h("p", {}, error.message));
  } else {
    box("Something went wrong on this page.", h("p", {}, "Please reload it: your cart and what you typed are kept."));
  }
}

function outOfStock(row, { sku, available }, onAdjusted) {
  const name = row ? fullName(row.line.name, row.line.variant) : sku;
  const adjust = (quantity) => () => {
    setQuantity(sku, quantity);
    onAdjusted();
  };
  const title = available > 0 ? `Only ${available} left of ${name}.` : `${name} has just sold out.`;
  return [
    title,
    h("p", {}, "Nothing was charged. ", row ? `You asked for ${row.line.quantity}.` : null),
    h("div", { class: "refusal__actions" },
      available > 0 && h("button", { type: "button", class: "button", "data-test": "adjust-quantity", onclick: adjust(available) },
        `Take ${available}`),
      h("button", { type: "button", class: "button button--quiet", "data-test": "adjust-remove", onclick: adjust(0) }, "Leave it out")),
  ];
}
