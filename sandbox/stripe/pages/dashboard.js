// The dashboard: payments with what can be done to them, every request and event, and the test cards.
import { clock, element, repeat } from "./common.js";

const API = "/sandbox/stripe/api";
const find = (id) => document.getElementById(id);
const drawn = new Map(); // entry id -> { mark, node }
let health = {};
let shown = "";

async function read(path) {
  const response = await fetch(API + path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response.json();
}

async function send(path, body = {}) {
  const response = await fetch(API + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(typeof answer.detail === "string" ? answer.detail : `HTTP ${response.status}`);
  return answer;
}

const failed = (error) => {
  find("trouble").textContent = error ? error.message : "";
};

const money = (amount, currency) =>
  new Intl.NumberFormat("en", { style: "currency", currency }).format(amount / 100);

async function act(path, body) {
  try {
    await send(path, body);
    failed(null);
    await Promise.all([lookAtState(), lookAtPayments(), lookAtLog()]);
  } catch (error) {
    failed(error);
  }
}

const button = (text, path, body) =>
  element("button", { class: "button", type: "button", onclick: () => act(path, body) }, text);

/** What a person at Stripe, at the bank or at the card can do now. */
function actions({ intent, charge, refunds, dispute }) {
  const made = [];
  const own = `/intents/${intent.id}`;
  if (intent.status === "requires_action") {
    made.push(button("Approve 3-D Secure", `${own}/answer`, { outcome: "approve" }), button("Fail 3-D Secure", `${own}/answer`, { outcome: "fail" }));
  }
  if (intent.status === "processing") {
    made.push(button("Let it succeed", `${own}/answer`, { outcome: "succeed" }), button("Let it fail", `${own}/answer`, { outcome: "fail" }));
  }
  if (charge?.paid && charge.amount > charge.amount_refunded && (!dispute || dispute.status.startsWith("w"))) {
    const left = charge.amount - charge.amount_refunded;
    made.push(button(`Refund ${money(left, charge.currency)}`, "/refunds", { payment_intent: intent.id }));
    if (left > 1) made.push(button("Refund half", "/refunds", { payment_intent: intent.id, amount: Math.floor(left / 2) }));
    if (!dispute) {
      made.push(button("Open a dispute", "/disputes", { payment_intent: intent.id }), button("Open an inquiry", "/disputes", { payment_intent: intent.id, inquiry: true }));
    }
  }
  if (dispute && !["won", "lost", "warning_closed"].includes(dispute.status)) {
    const inquiry = dispute.status.startsWith("warning");
    const at = `/disputes/${dispute.id}`;
    if (inquiry) made.push(button("Escalate", at, { outcome: "escalate" }), button("Close the inquiry", at, { outcome: "win" }));
    else made.push(button("Shop wins", at, { outcome: "win" }), button("Shop loses", at, { outcome: "lose" }));
  }
  for (const refund of refunds) {
    if (refund.status !== "failed") made.push(button(`Fail refund of ${money(refund.amount, refund.currency)}`, `/refunds/${refund.id}/fail`));
  }
  return made;
}

function drawPayment(story) {
  const { intent, charge, refunds, dispute, held, card } = story;
  const kind = { succeeded: "good", canceled: "bad", processing: "odd", requires_action: "odd" }[intent.status] ?? "out";
  const lines = [
    charge?.failure_code ? `declined: ${charge.failure_code}` : null,
    ...refunds.map((one) => `refund ${money(one.amount, one.currency)} · ${one.status}${one.reason ? ` · ${one.reason}` : ""}`),
    dispute ? `dispute ${money(dispute.amount, dispute.currency)} · ${dispute.reason} · ${dispute.status}` : null,
  ].filter(Boolean);
  return element(
    "article",
    { class: "intent", id: intent.id },
    element(
      "p",
      { class: "row" },
      element("b", {}, money(intent.amount, intent.currency)),
      element("span", { class: `tag ${kind}` }, intent.status.replaceAll("_", " ")),
      element("span", {}, intent.metadata.order_number ?? intent.description ?? ""),
      card ? element("span", { class: "quiet" }, `card ${card}`) : null,
      element("span", { class: "quiet" }, `the shop holds ${money(held, intent.currency)}`),
    ),
    element("code", {}, intent.id),
    lines.length ? element("ul", {}, ...lines.map((line) => element("li", {}, line))) : null,
    element("p", { class: "row do" }, ...actions(story)),
  );
}

async function lookAtPayments() {
  const { items } = await read("/intents?limit=50");
  const mark = JSON.stringify(items);
  if (mark === shown) return;
  shown = mark;
  find("intents").replaceChildren(...items.map(drawPayment));
  find("no-intents").hidden = items.length > 0;
}

const shownStatus = ({ status, note }) =>
  status === null
    ? element("span", { class: `tag ${note ? "bad" : "odd"}` }, note ? "lost" : "open")
    : element("span", { class: `tag ${status < 300 ? "good" : "bad"}` }, String(status));

/** One line that tells what an entry says, so that most need not be opened. */
function gist({ direction, body, answer, key }) {
  if (answer?.error) return [answer.error.code, answer.error.decline_code, answer.error.message].filter(Boolean).join(" · ");
  const said = direction === "event" ? body?.data?.object : answer;
  if (!said) return "";
  const sum = said.amount === undefined ? "" : money(said.amount, said.currency);
  return [said.status?.replaceAll("_", " "), sum, direction === "request" && key ? `key ${key}` : ""].filter(Boolean).join(" · ");
}

function code(title, value) {
  const empty = value === null || value === undefined || value === "";
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return element("div", {}, element("h3", {}, title), element("pre", { tabindex: "0" }, empty ? "(empty)" : text));
}

function drawEntry(entry, open) {
  const out = entry.direction === "event";
  return element(
    "details",
    { class: "entry", open },
    element(
      "summary",
      {},
      element("time", { datetime: entry.at }, clock(entry.at)),
      element("span", {}, element("span", { class: `tag ${out ? "out" : "good"}` }, out ? "event →" : "→ request")),
      element("span", { class: "what" }, entry.name, element("span", { class: "gist" }, gist(entry))),
      element("span", { class: "who" }, entry.reference),
      element("span", { class: "who" }, entry.about),
      element("span", { class: "status" }, shownStatus(entry)),
    ),
    element(
      "div",
      { class: "inside" },
      element("p", { class: "url" }, entry.url, entry.note ? element("strong", {}, ` · ${entry.note}`) : null),
      code(out ? "Sent" : "Received", entry.body),
      code(out ? "Answered" : "Answer", entry.answer),
    ),
  );
}

async function lookAtLog() {
  const query = new URLSearchParams({ text: find("text").value.trim(), direction: find("direction").value });
  const { items } = await read(`/seen?${query}`);
  const nodes = items.map((entry) => {
    const mark = `${entry.at}|${entry.status}|${entry.note}`;
    const before = drawn.get(entry.id);
    if (before?.mark !== mark) drawn.set(entry.id, { mark, node: drawEntry(entry, before?.node.open ?? false) });
    return drawn.get(entry.id).node;
  });
  const list = find("entries");
  if (nodes.length !== list.children.length || nodes.some((node, place) => list.children[place] !== node)) {
    list.replaceChildren(...nodes);
  }
  find("none").hidden = items.length > 0;
}

async function lookAtState() {
  const state = await read("/state");
  health = state.health;
  find("health").textContent = health.down ? "Stripe is down" : "Stripe is up";
  find("health").className = `tag ${health.down ? "bad" : "good"}`;
  find("speed").textContent = `time runs ${state.speed}× · ${health.silent ? "no events are sent" : `events go to ${state.webhook_url || "nobody"}`}`;
  find("down").textContent = health.down ? "Bring Stripe up" : "Take Stripe down";
  find("silent").textContent = health.silent ? "Let webhooks go out" : "Silence the webhooks";
  find("rules").textContent = state.rules.map((rule) => `${rule.times}× ${rule.fault} ${rule.path}${rule.type}`).join(" · ");
}

find("down").addEventListener("click", () => act("/provider", { down: !health.down }));
find("silent").addEventListener("click", () => act("/provider", { silent: !health.silent }));
find("reset").addEventListener("click", () => act("/reset"));
find("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = find("kind").selectedOptions[0];
  const where = find("where").value.trim();
  const member = chosen.parentElement.label.includes("event") ? "type" : "path";
  act("/faults", { fault: chosen.value, ...(where ? { [member]: where } : {}) });
});
for (const id of ["text", "direction"]) find(id).addEventListener("input", () => lookAtLog().catch(failed));
document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());

const { items: cards } = await read("/cards");
find("stories").replaceChildren(
  ...cards.map((card) =>
    element(
      "tr",
      {},
      element("td", {}, card.number.replace(/(.{4})/g, "$1 ").trim()),
      element("td", {}, card.title, card.ours ? element("span", { class: "quiet" }, " (sandbox)") : null),
      element("td", {}, card.happens),
      element("td", {}, element("code", {}, card.id)),
    ),
  ),
);
const gone = (error) => error && failed(new Error(`The simulator does not answer: ${error.message}`));
repeat(lookAtPayments, 1200, gone);
repeat(lookAtLog, 1200, gone);
repeat(lookAtState, 2500, gone);
if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
