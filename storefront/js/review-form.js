/** Reviews of what an order brought: a form for each of its goods, once it was delivered. */
import { call, plainly, Problem } from "./api.js";
import { fill, h, say } from "./dom.js";
import { clearFaults, showFaults } from "./fields.js";
import { productOf } from "./find-product.js";
import { remembered } from "./orders-memory.js";
import { starChoice } from "./stars.js";
import { lasting, load, save } from "./storage.js";

const NAME = "duka.reviewed";
const KEPT = 40;

const reviewed = () => load(lasting, NAME, []);
const markReviewed = (sign) => save(lasting, NAME, [sign, ...reviewed()].slice(0, KEPT));

async function slugOf(sku, number) {
  const known = remembered(number)?.lines?.find((line) => line.sku === sku)?.slug;
  return known ?? (await productOf(sku))?.slug ?? null;
}

/** The section, or null before delivery. */
export function reviewsSection(order, email) {
  if (order.status !== "delivered") return null;
  return h("section", { class: "sheet", "data-test": "reviews" }, h("h2", {}, "How is it?"),
    h("ul", { class: "remembered" }, order.items.map((line) => h("li", { class: "review-of" }, one(line, order, email)))));
}

function one(line, order, email) {
  const sign = `${order.number}/${line.sku}`;
  if (reviewed().includes(sign)) return thanks(line);
  const details = h("details", { class: "help", "data-test": "review-open" }, h("summary", {}, `Review ${line.name}`));
  details.append(reviewForm(line, order, email, () => {
    markReviewed(sign);
    details.replaceWith(thanks(line));
  }));
  return details;
}

const thanks = (line) => h("p", { class: "review-of__thanks", role: "status", "data-test": "review-thanks" },
  `${line.name}: thank you. Your review is shown once a person has read it.`);

function reviewForm(line, order, email, onDone) {
  const id = `review-${line.sku}`;
  const button = h("button", { type: "submit", class: "button", "data-test": "review-send" }, "Send the review");
  const said = h("div", { role: "status", "data-test": "review-said" });
  const form = h("form", { class: "asking", novalidate: true, "data-test": "review-form" },
    starChoice(id),
    h("div", { class: "field" }, h("label", { for: `${id}-title` }, "In a few words"),
      h("input", { id: `${id}-title`, name: "title", maxlength: 120, "data-field": "title", "data-test": "review-title" })),
    h("div", { class: "field" }, h("label", { for: `${id}-text` }, "What should others know?"),
      h("textarea", { id: `${id}-text`, name: "text", rows: 4, maxlength: 4000, "data-field": "text", "data-test": "review-text" })),
    h("div", { class: "field" }, h("label", { for: `${id}-author` }, "First name to show ", h("span", { class: "soft" }, "(optional)")),
      h("input", { id: `${id}-author`, name: "author", maxlength: 40, autocomplete: "given-name", "data-field": "author", "data-test": "review-author" })),
    said, button);
  let busy = false;

  function request() {
    const text = (name) => form.elements[name].value.trim();
    const author = text("author");
    return { order_number: order.number, email, rating: Number(form.elements.rating.value), title: text("title"), text: text("text"), ...(author && { author }) };
  }

  async function write(body) {
    try {
      const slug = await slugOf(line.sku, order.number);
      if (!slug) {
        fill(said, h("p", { class: "refusal" }, "This piece is no longer in the shop, so it cannot be reviewed."));
        return;
      }
      await call(`/products/${encodeURIComponent(slug)}/reviews`, { method: "POST", body, live: true });
      onDone();
    } catch (error) {
      const strays = error instanceof Problem && error.errors.length ? showFaults(form, error.errors) : [plainly(error)];
      fill(said, strays.map((text) => h("p", { class: "refusal" }, text)));
    }
  }

  form.addEventListener("input", (event) => clearFaults(form, event.target));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    const body = request();
    const wrong = [
      !body.rating && { field: "rating", message: "Please choose one to five stars." },
      !body.title && { field: "title", message: "Please give it a few words." },
      !body.text && { field: "text", message: "Please say a little more." },
    ].filter(Boolean);
    if (wrong.length) {
      showFaults(form, wrong);
      return;
    }
    busy = true;
    button.setAttribute("aria-disabled", "true");
    say(said, "");
    await write(body);
    busy = false;
    button.removeAttribute("aria-disabled");
  });
  return form;
}
