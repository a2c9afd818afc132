/** What buyers say of a product. */
import { plainly, query, read } from "./api.js";
import { fill, h, when } from "./dom.js";
import { stars } from "./stars.js";

const AT_ONCE = 5;

const review = ({ rating, title, text, author, at }) => h("li", { class: "review", "data-test": "review" },
  h("p", { class: "review__head" }, stars(rating), h("strong", {}, title)),
  String(text).split(/\n+/).filter(Boolean).map((part) => h("p", {}, part)),
  h("p", { class: "soft review__by" }, `${author} \u00b7 `, h("time", { datetime: at }, when(at).split(",")[0])));

/** The section; it fills itself. `onScore(average, count)` is told once it is known. */
export function reviewList(slug, onScore) {
  const list = h("ul", { class: "reviews__list" });
  const score = h("p", { class: "soft", "data-test": "review-score" }, "Loading\u2026");
  const more = h("button", { type: "button", class: "button button--quiet", hidden: true, "data-test": "more-reviews", onclick: () => load() }, "More reviews");
  let next = null;

  async function load() {
    try {
      const page = await read(`/products/${encodeURIComponent(slug)}/reviews${query({ limit: AT_ONCE, cursor: next })}`);
      next = page.next_cursor;
      list.append(...page.items.map(review));
      more.hidden = next === null;
      fill(score, page.count
        ? [stars(page.average), ` ${page.average} of 5, from ${page.count} ${page.count === 1 ? "buyer" : "buyers"}`]
        : "No reviews yet. Whoever has bought it can write one from the order\u2019s page.");
      onScore(page.average, page.count);
    } catch (error) {
      fill(score, `The reviews did not load. ${plainly(error)} `,
        h("button", { type: "button", class: "link", "data-test": "retry-reviews", onclick: () => load() }, "Try again"));
    }
  }

  load();
  return h("section", { class: "reviews", "aria-labelledby": "reviews-title" }, h("h2", { id: "reviews-title" }, "What buyers say"), score, list, more);
}
