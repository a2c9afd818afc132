/** Healing in people's words: what can be the matter, where a case stands, and what can be done about it. */
import { h } from "/js/dom.js";
import { words } from "./words.js";

const CASE_KINDS = {
  dead_letter: "A message nobody could handle", stuck_payment: "A payment that hangs", unknown_outcome: "A payment nobody knows the end of",
  payment_under_review: "Money under review", stuck_refund: "A refund that hangs", failed_refund: "A refund that failed",
  stale_board: "A board that is behind", unsent_mail: "An e-mail not sent", undelivered_event: "Events that did not arrive",
  orphaned_hold: "Goods held for nobody", stock_mismatch: "Stock that does not add up", unmatched_money: "Money of unknown origin",
  overdue_order: "An overdue order", broken_audit: "A trail that does not hold",
};
export const caseKind = (kind) => CASE_KINDS[kind] ?? words(kind);

const ACTIONS = {
  re_verify: "Ask the provider again", reserve_again: "Take the goods again, or give the money back", requeue: "Send it on its way again",
  release: "Release what is held", refund: "Start the refund again", rebuild_board: "Write the board anew", hand_over: "Leave it to a person",
};
export const actionWords = (action) => ACTIONS[action] ?? words(action);

/** Where a case can stand, in the order of who is needed; the first three are not over. */
export const CASE_STATES = {
  for_person: ["For a person", "bad"], proposed: ["For approval", "wait"], open: ["The shop sees to it", "way"],
  healed: ["Healed", "good"], dismissed: ["Dismissed", "plain"],
};
export const isWaiting = (state) => ["for_person", "proposed", "open"].includes(state);

/** What the next run would leave a case as. */
export const FORESEEN = {
  open: ["Would be done", "way"], proposed: ["Would wait for approval", "wait"],
  for_person: ["Would wait for a person", "bad"], healed: ["Came right by itself", "good"],
};

/** A case's state as a coloured label. */
export function caseChip(state, test, labels = CASE_STATES) {
  const [label, colour] = labels[state] ?? [words(state), "plain"];
  return h("span", { class: `chip chip--${colour}`, "data-state": state, "data-test": test }, label);
}

/** Who proposed an action, or did something. */
export const PROPOSERS = { rules: "the rules", model: "a model", staff: "staff" };

const shown = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));

/** How something stood and stands, a line for each of its facts. */
export function changes(before, after) {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => {
    const [was, is] = [before, after].map((side) => (Object.hasOwn(side, name) ? shown(side[name]) : null));
    const label = words(name).toLowerCase();
    if (was !== null && is !== null && was !== is) return `${label}: ${was} → ${is}`;
    return `${label}: ${is ?? was}${was === is ? "" : is === null ? " (before)" : " (after)"}`;
  });
}
