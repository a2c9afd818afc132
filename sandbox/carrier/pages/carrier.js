// The carriers' page: book a parcel, and let things happen to it.
import { clock, element, repeat } from "/sandbox/daraja/assets/common.js";

const API = "/sandbox/carrier/api";
const NAMES = { dhl: "DHL Express", g4s: "G4S", wells_fargo: "Wells Fargo", local: "Local courier" };
const HAPPENINGS = {
  picked_up: "Picked up",
  in_transit: "In transit",
  delivered: "Delivered",
  exception: "Exception",
  twice: "Last one twice",
  out_of_order: "Out of order",
};
const find = (id) => document.getElementById(id);
let drawn = "";

async function ask(path, body) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(API + path, body === undefined ? {} : post);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(typeof answer.detail === "string" ? answer.detail : `HTTP ${response.status}`);
  return answer;
}

const failed = (error) => {
  find("trouble").textContent = error ? error.message : "";
};

function answered(report) {
  if (report.status === null) return element("span", { class: "tag bad" }, report.tries ? "no answer" : "on its way");
  const tries = report.tries > 1 ? ` · sent ${report.tries}×` : "";
  return element("span", { class: `tag ${report.status < 300 ? "good" : "bad"}` }, `shop: ${report.status}${tries}`);
}

function draw(parcel) {
  const button = (what, label) =>
    element("button", { class: "button", type: "button", onclick: () => act(`/parcels/${parcel.id}/events`, { what }) }, label);
  return element(
    "li",
    { class: "card", id: `parcel-${parcel.id}` },
    element(
      "div",
      { class: "title" },
      element("b", {}, parcel.reference),
      element("span", {}, `${NAMES[parcel.carrier]} · ${parcel.tracking}`),
      element("span", { class: `tag ${parcel.state}` }, parcel.state.replace("_", " ")),
      parcel.automatic ? element("span", { class: "quiet" }, "moves by itself") : null,
    ),
    element("div", { class: "buttons" }, ...Object.entries(HAPPENINGS).map(([what, label]) => button(what, label))),
    element(
      "ol",
      { class: "reports" },
      ...parcel.reports.map((report) =>
        element(
          "li",
          {},
          element("time", { datetime: report.occurred_at }, clock(report.occurred_at)),
          element("span", { class: report.said === "exception" ? "odd" : "" }, report.description),
          answered(report),
        ),
      ),
    ),
  );
}

async function look() {
  const state = await ask("/parcels");
  const text = JSON.stringify(state);
  if (text === drawn) return;
  drawn = text;
  const held = document.activeElement?.closest("#parcels button");
  const place = held && [held.closest("li").id, [...held.parentNode.children].indexOf(held)];
  find("automatic").checked = state.automatic;
  find("speed").textContent = state.speed === 1 ? "" : `(${state.speed}× as fast)`;
  find("parcels").replaceChildren(...state.items.map(draw));
  find("none").hidden = state.items.length > 0;
  if (place) find(place[0])?.querySelectorAll("button")[place[1]]?.focus();
}

async function act(path, body) {
  try {
    await ask(path, body);
    await look();
    failed(null);
  } catch (error) {
    failed(error);
  }
}

find("automatic").addEventListener("change", (event) => act("/mode", { automatic: event.target.checked }));
find("booking").addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  await act("/parcels", { ...given, reference: given.reference.trim(), tracking: given.tracking.trim() || null });
  if (!find("trouble").textContent) event.target.reset();
});
repeat(look, 1200, (error) => error && failed(new Error(`The simulator does not answer: ${error.message}`)));
