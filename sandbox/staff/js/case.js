/** One case: what is the matter, what is proposed and what that does, what was done; and the decisions on it. */
import { h, hook, say } from "/js/dom.js";
import { read, write } from "./api.js";
import { ask, field } from "./ask.js";
import { actionWords, caseChip, caseKind, CASE_STATES, changes, isWaiting, PROPOSERS } from "./case-words.js";
import { ago, facts, moment } from "./parts.js";
import { person } from "./session.js";
import { words } from "./words.js";

const path = (one) => `/healing/cases/${encodeURIComponent(one.id)}`;
const effects = (list) => h("ul", { class: "effects", "data-test": "effects" }, list.map((each) => h("li", {}, each)));

/** What may be chosen for a case: what the shop can do about it, and handing it over where that was not done yet. */
const choices = (one) => [...one.actions, ...(one.state === "for_person" ? [] : ["hand_over"])].filter((each, place, all) => all.indexOf(each) === place);

function approve(one) {
  const offered = choices(one);
  const does = effects(one.effects);
  const pick = h("select", { name: "action" }, offered.map((each) => h("option", { value: each, selected: each === one.action }, actionWords(each))));
  const fit = () => {
    // The shop tells what the proposed action does, and no other.
    does.hidden = pick.value !== one.action;
  };
  pick.addEventListener("change", fit);
  fit();
  return ask({
    title: "Act on this case?", action: "Do it", text: one.title,
    body: [field("What is to be done", pick), does],
    act: ({ action, reason }, key) => write("POST", `${path(one)}/approve`, { action, reason }, key),
  });
}

const dismiss = (one) => ask({
  title: "Dismiss this case?", action: "Dismiss it", text: "Nothing is done, and the same is not found again while the case is kept.",
  act: ({ reason }, key) => write("POST", `${path(one)}/dismiss`, { reason }, key),
});

const replay = (one) => ask({
  title: "Send the message back?", action: "Send it back",
  text: `It goes to the queue ${one.dead_letter.queue} as it is, as after its worker was mended. If it fails again, it comes back.`,
  act: ({ reason }, key) => write("POST", `${path(one)}/replay`, { reason }, key),
});

const isLetter = (one) => one.dead_letter && one.dead_letter.queue !== "none" && ["dead_letter", "unmatched_money"].includes(one.kind);

function buttons(one, redraw) {
  const button = (label, test, decide, quiet = true) => h("button", {
    class: `button ${quiet ? "button--quiet" : ""}`, type: "button", "data-test": test,
    onclick: async () => {
      const after = await decide(one);
      if (!after) return;
      say(hook("live"), `Decided. The case is now: ${CASE_STATES[after.state]?.[0] ?? after.state}.`);
      await redraw();
    },
  }, label);
  const waiting = isWaiting(one.state);
  return h("div", { class: "row", "data-test": "actions" },
    waiting && choices(one).length > 0 && button(one.actions.includes(one.action) ? "Approve" : "Choose an action", "approve-case", approve, false),
    isLetter(one) && button("Send the message back", "replay-case", replay),
    waiting && button("Dismiss", "dismiss-case", dismiss),
    h("button", { class: "button button--quiet", type: "button", "data-test": "refresh", onclick: redraw }, "Refresh"));
}

const matter = (one) => h("section", { class: "sheet", "data-test": "matter" }, h("h2", {}, "What is the matter"),
  h("p", {}, one.detail),
  facts([
    ["Kind", caseKind(one.kind)], ["About", one.subject],
    ["Order", one.order_number && h("a", { href: `#/orders/${encodeURIComponent(one.order_number)}`, "data-test": "case-order" }, one.order_number)],
    ["Found", h("span", {}, moment(one.opened_at), ` (${ago(one.opened_at)})`)],
    ["Next look", one.look_at && moment(one.look_at)],
    ["Tried", `${one.tries} by the shop, ${one.approvals} by people`],
    ["Message of", one.dead_letter && `${one.dead_letter.queue === "none" ? "no queue it could go back to" : `the queue ${one.dead_letter.queue}`}`],
    ["Lay there since", one.dead_letter && moment(one.dead_letter.received_at)],
  ]));

const proposal = (one) => h("section", { class: "sheet", "data-test": "proposal" }, h("h2", {}, isWaiting(one.state) ? "What is proposed" : "What was last proposed"),
  h("p", {}, h("b", { "data-test": "case-action" }, actionWords(one.action)), ` · by ${PROPOSERS[one.proposed_by] ?? one.proposed_by}`),
  effects(one.effects));

const entry = (one) => h("li", { "data-test": "entry", "data-what": one.what },
  h("b", {}, words(one.what)), h("span", { class: "small soft", title: one.by }, moment(one.at), ` · ${one.by === "heal_failures" ? "the shop" : person(one.by)}`),
  h("ul", { class: "trail__facts" }, changes(one.before, one.after).map((each) => h("li", {}, each))));

/** Shows a case. */
export async function showCase(draw, id, redraw) {
  const one = await read(`/healing/cases/${encodeURIComponent(id)}`);
  draw(h("a", { href: "#/healing", "data-test": "back" }, "All cases"),
    h("div", { class: "head" }, h("h1", { "data-test": "case-title" }, one.title), caseChip(one.state, "case-state")),
    buttons(one, redraw),
    h("div", { class: "columns" },
      h("div", { class: "stacked" }, matter(one), proposal(one)),
      h("section", { class: "sheet", "data-test": "history" }, h("h2", {}, "What happened"), h("ol", { class: "trail" }, one.history.map(entry)))));
}
