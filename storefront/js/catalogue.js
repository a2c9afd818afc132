/** The catalogue: category, words and stock in the page's address; more products on asking. */
import { PAGE_SIZE } from "../config.js";
import { plainly, query, read } from "./api.js";
import { fill, h, hook, notice, say } from "./dom.js";
import { currency, onCurrency } from "./money.js";
import { startPage } from "./page.js";
import { card, skeletons } from "./product-card.js";
import { load, passing, save } from "./storage.js";

const LEFT = "duka.catalogue";

/** A page may come with few products or none and still have a next one: how many make a showing, in how many pages. */
const ENOUGH = 6;
const MOST_PAGES = 5;

const grid = hook("grid");
const status = hook("status");
const more = hook("more");
const form = hook("filters");

let filter = fromAddress();
let shown = { items: [], next: null };
let running = null;

function fromAddress() {
  const values = new URLSearchParams(window.location.search);
  return {
    category: values.get("category") ?? "",
    q: values.get("q") ?? "",
    in_stock: values.get("in_stock") === "true" ? "true" : "",
  };
}

/** Shows a filter's first page; `push` makes it an entry in the browser's history. */
async function show(next, push) {
  filter = next;
  if (push) window.history.pushState(null, "", `./${query(filter)}`);
  showFilter();
  fill(grid, skeletons(8));
  shown = { items: [], next: null };
  await loadMore();
}

async function loadMore() {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  more.setAttribute("aria-disabled", "true");
  grid.setAttribute("aria-busy", "true");
  say(status, "Loading products\u2026");
  try {
    const first = shown.items.length;
    for (let asked = 0; asked < MOST_PAGES && shown.items.length < first + ENOUGH; asked += 1) {
      const path = `/products${query({ ...filter, limit: PAGE_SIZE, cursor: shown.next })}`;
      const page = await read(path, { signal: mine.signal });
      shown = { items: [...shown.items, ...page.items], next: page.next_cursor };
      if (page.next_cursor === null) break;
    }
    showItems(first);
  } catch (error) {
    if (error.name !== "AbortError") showFailure(error);
  } finally {
    if (running === mine) {
      grid.removeAttribute("aria-busy");
      more.removeAttribute("aria-disabled");
    }
  }
}

function showItems(first) {
  const cards = shown.items.slice(first).map((item, index) => card(item, currency(), first + index < 4));
  if (first === 0) fill(grid, cards);
  else {
    grid.append(...cards);
    cards[0]?.querySelector("a").focus({ preventScroll: true });
  }
  if (shown.items.length === 0 && shown.next === null) fill(grid, h("li", { class: "grid__whole" }, nothingFound()));
  more.hidden = shown.next === null;
  const number = shown.items.length;
  const counted = `${number} ${number === 1 ? "product" : "products"}`;
  if (number) say(status, `${counted}${shown.next ? " so far" : ""}`);
  else say(status, shown.next ? "None so far" : "No products found");
}

function nothingFound() {
  const clear = h("button", {
    class: "button button--quiet", type: "button", "data-test": "clear-filters",
    onclick: () => show({ category: "", q: "", in_stock: "" }, true),
  }, "Show everything");
  return notice("Nothing here by that name", "Try a shorter word, or another category.", clear, "no-results");
}

function showFailure(error) {
  say(status, "Not loaded");
  const again = h("button", {
    class: "button", type: "button", "data-test": "retry-load", onclick: () => {
      if (shown.items.length === 0) fill(grid, skeletons(8));
      else box.remove();
      loadMore();
    },
  }, "Try again");
  const box = h("li", { class: "grid__whole" }, notice("The shelves did not load", plainly(error), again, "load-error"));
  if (shown.items.length === 0) fill(grid, box);
  else grid.append(box);
  more.hidden = true;
}

function showFilter() {
  form.elements.q.value = filter.q;
  form.elements.in_stock.checked = filter.in_stock === "true";
  markCategory();
}

function markCategory() {
  for (const link of hook("categories").querySelectorAll("a")) {
    if (link.dataset.category === filter.category) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

async function showCategories() {
  const list = hook("categories");
  try {
    const { items } = await read("/categories");
    const chip = (slug, name, number) => h("li", {}, h("a", {
      class: "chip", href: `./${query({ category: slug })}`, "data-category": slug, "data-test": `category-${slug || "all"}`,
    }, name, number === null ? null : h("span", { class: "chip__count", "aria-label": `${number} products` }, number)));
    fill(list, chip("", "Everything", null), items.map((one) => chip(one.slug, one.name, one.products)));
    markCategory();
  } catch {
    list.hidden = true;
  }
}

/** Going back to the list finds it as it was left, as far as it had been unrolled. */
function restore() {
  const [entry] = performance.getEntriesByType("navigation");
  const left = load(passing, LEFT, null);
  if (entry?.type !== "back_forward" || left?.at !== window.location.search) return false;
  shown = left.shown;
  showItems(0);
  window.scrollTo(0, left.scroll);
  return true;
}

function listen() {
  let typing = 0;
  const typed = () => show({ ...filter, q: form.elements.q.value.trim() }, true);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    typed();
    form.elements.q.blur();
  });
  form.elements.q.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      const words = form.elements.q.value.trim();
      if (words !== filter.q) {
        window.history.replaceState(null, "", `./${query({ ...filter, q: words })}`);
        show({ ...filter, q: words }, false);
      }
    }, 450);
  });
  form.elements.in_stock.addEventListener("change", () =>
    show({ ...filter, in_stock: form.elements.in_stock.checked ? "true" : "" }, true));
  hook("categories").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    show({ ...filter, category: link.dataset.category }, true);
  });
  more.addEventListener("click", () => more.getAttribute("aria-disabled") || loadMore());
  window.addEventListener("popstate", () => show(fromAddress(), false));
  window.addEventListener("pagehide", () => shown.items.length
    && save(passing, LEFT, { at: window.location.search, shown, scroll: window.scrollY }));
  onCurrency(() => shown.items.length && fill(grid, shown.items.map((item) => card(item, currency(), false))));
}

startPage();
listen();
// What was typed before this script ran counts like what is typed later.
filter = { ...filter, q: filter.q || form.elements.q.value.trim() };
showFilter();
showCategories();
if (!restore()) show(filter, false);
