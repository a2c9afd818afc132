/** Pieces that several views are made of. */
import { h } from "/js/dom.js";
import { kind, words } from "./words.js";

/** A state as a coloured label. */
export const chip = (state, test = null) =>
  h("span", { class: `chip chip--${kind(state)}`, "data-state": state, "data-test": test }, words(state));

/** What went wrong, with a way to try again. */
export function fault(error, again) {
  return h("div", { class: "notice notice--fault", role: "alert", "data-test": "fault" },
    h("p", {}, error.message),
    again && h("button", { class: "button button--quiet", type: "button", "data-test": "again", onclick: again }, "Try again"));
}

/** A place with nothing in it. */
export const nothing = (text) => h("p", { class: "notice", "data-test": "nothing" }, text);

/** A table whose rows become cards on a small screen; a column is [title, class]. */
export function table(test, columns, rows) {
  return h("table", { class: `table ${test}`, "data-test": test },
    h("thead", {}, h("tr", {}, columns.map(([title, className]) => h("th", { class: className, scope: "col" }, title)))),
    h("tbody", {}, rows));
}

/** A cell that says on a small screen what it is. */
export const cell = (label, className, ...children) => h("td", { class: className, "data-label": label }, ...children);

/** A list of facts; those without a value are left out. */
export function facts(pairs, test = null) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return h("dl", { class: "facts", "data-test": test }, known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
