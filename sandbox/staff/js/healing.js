/** What the shop repairs by itself, and what waits for people. */
import { h, hook, say } from "/js/dom.js";
import { query, read, send } from "./api.js";
import { actionWords, caseChip, caseKind, CASE_STATES, FORESEEN, isWaiting } from "./case-words.js";
import { switchHealing } from "./healing-settings.js";
import { ago, cell, moment, nothing, table } from "./parts.js";

const PAGE = 50;
const list = (values) => read(`/healing/cases${query({ ...values, limit: PAGE })}`);

/** How many cases wait in each state, as far as one page tells: the queue lists one state after the other. */
function counts({ items, next_cursor: more }) {
  const waiting = Object.keys(CASE_STATES).filter(isWaiting);
  const last = more ? waiting.indexOf(items.at(-1)?.state) : waiting.length;
  return Object.fromEntries(waiting.map((state, place) => {
    const seen = items.filter((one) => one.state === state).length;
    return [state, place < last ? String(seen) : place === last ? `${seen}+` : ""];
  }));
}

function states(chosen, counted) {
  const link = (state, label, count) => h("a", {
    href: `#/healing${query({ state })}`, "aria-current": state === chosen && "page", "data-test": `cases-${state || "waiting"}`,
  }, h("span", {}, label), count !== undefined && count !== "" && h("span", { class: "count", "data-test": `count-${state}` }, count));
  return h("nav", { class: "row choices", "aria-label": "State of the cases" }, link("", "All that wait"),
    Object.entries(CASE_STATES).map(([state, [label]]) => link(state, label, counted[state])));
}

/** Whether the shop heals now, and the switch. */
function standing(settings, redraw) {
  const { enabled, dry_run: dry, version } = settings;
  const state = !enabled ? "off" : dry ? "dry" : "on";
  const told = {
    off: "Healing is off: nothing is looked at, taken or done, not even for people.",
    dry: "Only dry runs: the shop says what it would do, and does nothing.",
    on: "The shop repairs what it may by itself, every few minutes.",
  };
  const turn = async () => {
    const after = await switchHealing(!enabled);
    if (!after) return;
    say(hook("live"), after.enabled ? "Healing is on." : "Healing is off.");
    await redraw();
  };
  return h("div", { class: `notice ${state === "off" ? "notice--fault" : ""} standing`, "data-test": "standing", "data-state": state },
    h("p", {}, h("b", {}, told[state]), " ", h("span", { class: "soft" }, version ? `Settings version ${version}.` : "Settings version 0: nobody changed them yet.")),
    h("div", { class: "row" },
      h("button", { class: `button ${enabled ? "" : "button--quiet"}`, type: "button", "data-test": "switch", onclick: turn }, enabled ? "Switch healing off" : "Switch healing on"),
      h("a", { class: "button button--quiet", href: "#/healing/settings", "data-test": "settings" }, "Settings"),
      h("a", { class: "button button--quiet", href: "#/healing/preview", "data-test": "preview" }, "What would be done now")));
}

const about = (one) => (one.order_number
  ? h("a", { href: `#/orders/${encodeURIComponent(one.order_number)}`, "data-test": "case-order" }, one.order_number) : "—");

const row = (one) => h("tr", { "data-test": "case-row", "data-case": one.id },
  cell("Case", "wide", h("a", { href: `#/healing/${encodeURIComponent(one.id)}`, "data-test": "open-case" }, one.title), h("small", {}, `${caseKind(one.kind)} · ${one.subject}`)),
  cell("State", null, caseChip(one.state, "case-state")),
  cell("Since", null, moment(one.opened_at), h("small", {}, ago(one.opened_at))),
  cell("Order", null, about(one)),
  cell("What is proposed", "wide", actionWords(one.action)));

/** Shows a page of the queue. */
export async function showCases(draw, search, redraw) {
  const state = Object.hasOwn(CASE_STATES, search.state ?? "") ? search.state : "";
  const cursor = search.cursor ?? "";
  const waiting = list({});
  const [settings, first, page] = await Promise.all([
    read("/healing/settings"), waiting, state || cursor ? list({ state, cursor }) : waiting,
  ]);
  const columns = [["Case"], ["State"], ["Since"], ["Order"], ["What is proposed"]];
  draw(h("div", { class: "row row--apart" }, h("h1", {}, "Healing"),
    h("button", { class: "button button--quiet", type: "button", onclick: redraw, "data-test": "refresh" }, "Refresh")),
  standing(settings, redraw),
  states(state, counts(first)),
  page.items.length ? table("cases", columns, page.items.map(row))
    : nothing(state ? `No case is like that: ${CASE_STATES[state][0].toLowerCase()}.` : "Nothing waits. The shop is well."),
  h("div", { class: "foot" },
    cursor ? h("a", { href: `#/healing${query({ state })}` }, "Back to the first") : h("span", {}),
    page.next_cursor && h("a", { class: "button button--quiet", href: `#/healing${query({ state, cursor: page.next_cursor })}`, "data-test": "cases-more" }, "More cases")));
}

const foreseen = (one) => h("li", { class: "sheet", "data-test": "foreseen", "data-state": one.state },
  h("div", { class: "row row--apart" },
    // What the run would find first has no page yet.
    one.history.length ? h("a", { href: `#/healing/${encodeURIComponent(one.id)}` }, one.title) : h("b", {}, one.title),
    caseChip(one.state, "foreseen-state", FORESEEN)),
  h("p", { class: "small soft" }, `${caseKind(one.kind)} · ${one.subject}`, one.order_number && [" · order ", about(one)]),
  one.state !== "healed" && h("p", {}, h("b", {}, actionWords(one.action))),
  one.state !== "healed" && h("ul", { class: "effects" }, one.effects.map((each) => h("li", {}, each))));

/** Shows what a run would do now. Nothing is done. */
export async function showPreview(draw, redraw) {
  const { cases } = await send("POST", "/healing/preview");
  draw(h("a", { href: "#/healing", "data-test": "back" }, "All cases"),
    h("div", { class: "row row--apart" }, h("h1", {}, "What would be done now"),
      h("button", { class: "button button--quiet", type: "button", onclick: redraw, "data-test": "refresh" }, "Look again")),
    h("p", { class: "soft" }, "A dry run over what is due at this moment. Nothing was done, and nothing was written."),
    cases.length ? h("ul", { class: "stacked", "data-test": "preview-list" }, cases.map(foreseen)) : nothing("Nothing is due now."));
}
