// The log: every request and callback, the money per order, and the magic numbers.
import { clock, element, normalPhone, read, repeat, send, shownPhone } from "./common.js";

const find = (id) => document.getElementById(id);
const drawn = new Map(); // entry id -> { mark, node }
let down = false;

const shownStatus = (entry) => {
  if (entry.status === null) return element("span", { class: `tag ${entry.note ? "bad" : "odd"}` }, entry.note ? "lost" : "open");
  const kind = entry.status < 300 ? "good" : "bad";
  return element("span", { class: `tag ${kind}` }, String(entry.status));
};

/** One line that tells what an entry says, so that most need not be opened. */
function gist(entry) {
  const { body, answer } = entry;
  const said = body?.Body?.stkCallback ?? body?.Result;
  if (said) return [said.ResultCode, said.ResultDesc].filter((part) => part !== undefined).join(" · ");
  if (typeof body === "string" && entry.direction === "callback") return "malformed body";
  if (answer?.errorCode) return `${answer.errorCode} · ${answer.errorMessage}`;
  if (answer?.fault) return answer.fault.detail?.errorcode ?? "gateway fault";
  if (answer?.ResultCode !== undefined) return `${answer.ResultCode} · ${answer.ResultDesc}`;
  return body?.Amount === undefined ? "" : `KES ${Number(body.Amount).toLocaleString("en")}`;
}

function code(title, value) {
  const empty = value === null || value === undefined || value === "";
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return element("div", {}, element("h3", {}, title), element("pre", { tabindex: "0" }, empty ? "(empty)" : text));
}

function draw(entry, open) {
  const out = entry.direction === "callback";
  return element(
    "details",
    { class: "entry", open },
    element(
      "summary",
      {},
      element("time", { datetime: entry.at }, clock(entry.at)),
      element("span", {}, element("span", { class: `tag ${out ? "out" : "good"}` }, out ? "callback →" : "→ request")),
      element("span", { class: "what" }, entry.api.replaceAll("_", " "), element("span", { class: "gist" }, gist(entry))),
      element("span", { class: "who" }, entry.reference),
      element("span", { class: "who" }, entry.phone ? shownPhone(entry.phone) : ""),
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
  const typed = find("text").value.trim();
  const phone = normalPhone(typed);
  const text = /^254\d{9}$/.test(phone) ? phone : typed;
  const query = new URLSearchParams({ text, direction: find("direction").value });
  const { items } = await read(`/seen?${query}`);
  const nodes = items.map((entry) => {
    const mark = `${entry.at}|${entry.status}|${entry.note}`;
    const before = drawn.get(entry.id);
    if (before?.mark !== mark) drawn.set(entry.id, { mark, node: draw(entry, before?.node.open ?? false) });
    return drawn.get(entry.id).node;
  });
  const list = find("entries");
  if (nodes.length !== list.children.length || nodes.some((node, place) => list.children[place] !== node)) {
    list.replaceChildren(...nodes);
  }
  find("none").hidden = items.length > 0;
}

async function lookAtMoney() {
  const ledger = await read("/ledger");
  find("balanced").textContent = ledger.balanced ? "the books balance" : "THE BOOKS DO NOT BALANCE";
  find("references").replaceChildren(
    ...Object.entries(ledger.references)
      .reverse()
      .map(([reference, sums]) =>
        element(
          "tr",
          {},
          element("td", {}, reference || "(none)"),
          ...["paid", "given_back", "held"].map((name) =>
            element("td", { class: "sum" }, sums[name].toLocaleString("en")),
          ),
        ),
      ),
  );
  const merchants = Object.entries(ledger.accounts).filter(([account]) => !/^254|outside/.test(account));
  find("accounts").textContent = merchants
    .map(([account, balance]) => `Float of ${account}: KES ${balance.toLocaleString("en")}`)
    .join(" · ");
}

async function lookAtState() {
  const state = await read("/state");
  down = state.provider.down;
  find("health").textContent = down ? "provider down" : "provider up";
  find("health").className = `tag ${down ? "bad" : "good"}`;
  find("speed").textContent = `time runs ${state.speed}× · results: ${state.provider.results}`;
  find("down").textContent = down ? "Bring the provider up" : "Take the provider down";
}

const failed = (error) => {
  find("trouble").textContent = error ? `The simulator does not answer: ${error.message}` : "";
};

const lever = (id, path, body) => {
  find(id).addEventListener("click", async () => {
    try {
      await send(path, body());
      await Promise.all([lookAtState(), lookAtLog(), lookAtMoney()]);
    } catch (error) {
      failed(error);
    }
  });
};
lever("down", "/provider", () => ({ down: !down }));
lever("kill", "/tokens/kill", () => ({}));
lever("reset", "/reset", () => ({}));

for (const id of ["text", "direction"]) find(id).addEventListener("input", () => lookAtLog().catch(failed));
document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());

const { items: stories } = await read("/stories");
find("stories").replaceChildren(
  ...stories.map((story) =>
    element(
      "tr",
      { id: story.slug },
      element("td", {}, shownPhone(story.number)),
      element("td", {}, story.title),
      element("td", {}, story.happens),
      element("td", {}, story.shop_ends),
    ),
  ),
);
repeat(lookAtLog, 1200, failed);
repeat(lookAtMoney, 2500, failed);
repeat(lookAtState, 2500, failed);
if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
