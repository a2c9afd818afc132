/** Reviews that wait for somebody to read them. */
import { h, when } from "/js/dom.js";
import { query, read, write } from "./api.js";
import { ask } from "./ask.js";
import { chip, nothing } from "./parts.js";
import { words } from "./words.js";

const STATES = ["pending", "approved", "rejected"];

const decide = (review, decision) => ask({
  title: `${words(decision)} this review?`, action: words(decision),
  text: decision === "approve" ? "Everybody can read it then." : "Nobody can read it then. This cannot be taken back.",
  act: ({ reason }, key) => write("POST", `/reviews/${encodeURIComponent(review.id)}/decision`, { decision, reason }, key),
});

function card(review, redraw) {
  const press = (label, decision) => h("button", {
    class: "button button--quiet", type: "button", "data-test": `${decision}-review`,
    onclick: async () => {
      if (await decide(review, decision)) await redraw();
    },
  }, label);
  return h("li", { class: "sheet", "data-test": "review", "data-id": review.id },
    h("div", { class: "row row--apart" },
      h("span", {}, h("span", { class: "stars", role: "img", "aria-label": `${review.rating} of 5` }, "★".repeat(review.rating) + "☆".repeat(5 - review.rating)), " ", h("b", {}, review.title)),
      chip(review.state)),
    h("p", { class: "words" }, review.text),
    h("p", { class: "small soft" }, `${review.author} · ${review.product} · ${when(review.at)} · order `,
      h("a", { href: `#/orders/${review.order_number}` }, review.order_number)),
    h("div", { class: "row" },
      review.state === "pending" && press("Approve", "approve"),
      review.state !== "rejected" && press("Reject", "reject")));
}

/** Shows a page of reviews. */
export async function showReviews(draw, search, redraw) {
  const state = STATES.includes(search.state) ? search.state : "pending";
  const page = await read(`/reviews${query({ state, cursor: search.cursor })}`);
  draw(h("h1", {}, "Reviews"),
    h("nav", { class: "row", "aria-label": "State" }, STATES.map((each) =>
      h("a", { href: `#/reviews?state=${each}`, "aria-current": each === state && "page", "data-test": `reviews-${each}` }, words(each)))),
    page.items.length ? h("ul", { class: "stacked", "data-test": "reviews" }, page.items.map((each) => card(each, redraw)))
      : nothing(`No review is ${state}.`),
    h("div", { class: "foot" }, h("span", {}), page.next_cursor && h("a", {
      class: "button button--quiet", href: `#/reviews${query({ state, cursor: page.next_cursor })}`, "data-test": "reviews-more",
    }, "More reviews")));
}
