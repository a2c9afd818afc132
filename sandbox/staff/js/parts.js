/** Pieces that several views are made of. */
import { h, when } from "/js/dom.js";
import { kind, words } from "./words.js";

/** A state as a coloured label. */
export const chip = (state, test = null) =>
  h("span", { class: `chip chip--${kind(state)}`, "data-state": state, "data-test": test }, words(state));

/** What went wrong, with a way to try again; `takes` is the permission that somebody may lack. */
export function fault(error, again, takes = null) {
  return h("div", { class: "notice notice--fault", role: "alert", "data-test": "fault" },
    h("p", {}, error.message),
    takes && error.status === 403 && h("p", {}, "It takes the permission ", h("code", {}, takes), "; whoever gives out roles can give you one that has it."),
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

const SECONDS = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** A moment in the reader's own zone; hovering tells it in UTC. */
export function moment(iso, seconds = false) {
  const date = new Date(iso);
  const text = seconds && !Number.isNaN(date.getTime()) ? SECONDS.format(date) : when(iso);
  return h("time", { datetime: iso, title: iso }, text);
}

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** How long ago a moment is, in one unit. */
export function ago(iso) {
  const past = (Date.now() - new Date(iso).getTime()) / 1000;
  const [unit, length] = UNITS.find((each) => past >= each[1]) ?? ["minute", 60];
  return new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" }).format(-Math.floor(past / length) || 0, unit);
}
