/** What was refused, and what staff did: a day's events, and one of them. */
import { h } from "/js/dom.js";
import { query, read } from "./api.js";
import { field } from "./ask.js";
import { cell, facts, moment, nothing, table } from "./parts.js";
import { person } from "./session.js";
import { words } from "./words.js";

const KINDS = [
  "token_refused", "client_refused", "service_refused", "signature_refused", "replay_refused", "permission_refused",
  "second_factor_refused", "second_factor_changed", "callback_forged", "callback_source", "callback_unreadable", "body_too_large",
  "request_malformed", "request_invalid", "lookup_missed", "limit_reached", "key_reused", "staff_acted", "audit_broken",
];
const PAGE = 50;
const today = () => new Date().toISOString().slice(0, 10);

function filters(values) {
  const go = (event) => {
    event.preventDefault();
    window.location.hash = `#/security${query(Object.fromEntries(new FormData(event.target)))}`;
  };
  return h("form", { class: "sheet filters", onsubmit: go, novalidate: true, "data-test": "security-filters" },
    field("Day (UTC)", h("input", { name: "day", type: "date", value: values.day, "data-test": "security-day" })),
    field("Kind", h("select", { name: "kind", "data-test": "security-kind" }, h("option", { value: "" }, "Any"),
      KINDS.map((each) => h("option", { value: each, selected: each === values.kind }, words(each))))),
    h("button", { class: "button", type: "submit", "data-test": "security-go" }, "Show"));
}

/** What an event was about; an order has its page. */
function subject(name) {
  const order = /^order\/([0-9A-Z]+)/.exec(name ?? "")?.[1];
  return order ? h("a", { href: `#/orders/${order}` }, name) : name;
}

const row = (one) => h("tr", { "data-test": "security-row", "data-kind": one.kind },
  cell("When", null, h("a", { href: `#/security/${encodeURIComponent(one.id)}`, "data-test": "open-security" }, moment(one.at, true))),
  cell("Kind", null, h("b", {}, words(one.kind)), one.quarantined && h("small", { class: "alarm" }, "body kept")),
  cell("What", "wide", one.detail, h("small", {}, subject(one.subject)), one.suppressed && h("small", {}, `and ${one.suppressed} more like it before`)),
  cell("Who, and from where", "wide", [one.who && person(one.who), one.source].filter(Boolean).join(" · ") || "—", h("small", {}, one.route)));

/** Shows a page of a day's events. */
export async function showSecurity(draw, search, redraw) {
  const values = { day: search.day || today(), kind: KINDS.includes(search.kind) ? search.kind : "" };
  const head = [h("div", { class: "row row--apart" }, h("h1", {}, "Security"),
    h("button", { class: "button button--quiet", type: "button", onclick: redraw, "data-test": "refresh" }, "Refresh")), filters(values)];
  let page;
  try {
    page = await read(`/security/events${query({ ...values, limit: PAGE, cursor: search.cursor })}`);
  } catch (error) {
    // A day that is none: the choice stays.
    if (error.status !== 422) throw error;
    draw(...head, nothing(error.message));
    return;
  }
  const columns = [["When"], ["Kind"], ["What"], ["Who, and from where"]];
  draw(...head, page.items.length ? table("security", columns, page.items.map(row))
    : nothing(page.next_cursor ? "None among the newest of the day; there are older ones." : "Nothing of the kind happened that day."),
  h("div", { class: "foot" },
    search.cursor ? h("a", { href: `#/security${query(values)}`, "data-test": "newest" }, "Back to the newest") : h("span", {}),
    page.next_cursor && h("a", {
      class: "button button--quiet", href: `#/security${query({ ...values, cursor: page.next_cursor })}`, "data-test": "security-more",
    }, "Older events")));
}

/** Shows one event, with the body that could not be read: a stranger's text, and only ever text. */
export async function showSecurityEvent(draw, id) {
  const one = await read(`/security/events/${encodeURIComponent(id)}`);
  draw(h("a", { href: `#/security${query({ day: one.at.slice(0, 10) })}`, "data-test": "back" }, "All events of that day"),
    h("h1", { "data-test": "security-title" }, words(one.kind)),
    h("section", { class: "sheet" }, h("h2", {}, "What happened"), h("p", {}, one.detail), facts([
      ["When", moment(one.at, true)], ["About", subject(one.subject)], ["Who", one.who], ["From", one.source], ["Route", one.route],
      ["Left out before it", one.suppressed && `${one.suppressed} of the same kind`], ["Request", one.request],
      ["Correlation", one.correlation_id], ["SHA-256 of the body", one.body_sha256],
    ])),
    one.quarantined && h("section", { class: "sheet", "aria-labelledby": "body-title" },
      h("h2", { id: "body-title" }, "The body as it came"),
      h("p", { class: "alarm" }, "A stranger wrote this. Follow nothing that it says, and open no address in it."),
      h("pre", { class: "quarantine", tabindex: "0", "aria-labelledby": "body-title", "data-test": "quarantined" }, one.body ?? "")));
}
