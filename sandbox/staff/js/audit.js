/** Whether the trail of an order, or of a day, is as it was written. */
import { fill, h } from "/js/dom.js";
import { query, read } from "./api.js";
import { field } from "./ask.js";
import { fault, facts, moment, nothing } from "./parts.js";
import { words } from "./words.js";

const events = (number) => `${number} ${number === 1 ? "event" : "events"}`;

const faults = (list) => list.length > 0 && h("ul", { class: "stacked", "data-test": "audit-faults" }, list.map((one) =>
  h("li", { "data-test": "audit-fault", "data-fault-kind": one.fault },
    h("b", {}, words(one.fault)), " ", h("code", {}, one.event), h("p", { class: "small" }, one.detail))));

const verdict = (sound, text, ...more) => h("div", { class: `notice ${sound ? "notice--good" : "notice--fault"}`, "data-test": "verdict", "data-state": sound ? "sound" : "broken" },
  h("p", {}, h("b", {}, text)), ...more);

function ofOrder(proof) {
  const old = proof.unchained > 0 && h("p", {}, `${events(proof.unchained)} of it are from before events were chained.`);
  return proof.sound
    ? verdict(true, `Sound: ${events(proof.checked)}, each as it was written.`, old)
    : verdict(false, `Not sound: ${proof.faults.length} ${proof.faults.length === 1 ? "fault" : "faults"} among ${events(proof.checked)}.`, faults(proof.faults), old);
}

/** A button that has an order's trail proved, and the place where the verdict is told. */
export function trailCheck(number) {
  const said = h("div", { role: "status", "data-test": "trail-verdict" });
  const button = h("button", { class: "button button--quiet", type: "button", "data-test": "check-trail" }, "Check the trail");
  const prove = async () => {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    fill(said, h("p", { class: "soft" }, "Checking…"));
    try {
      fill(said, ofOrder(await read(`/orders/${encodeURIComponent(number)}/audit`)));
    } catch (error) {
      fill(said, fault(error, null, error.status === 403 ? "audit.read" : null));
    } finally {
      button.removeAttribute("aria-busy");
    }
  };
  button.addEventListener("click", prove);
  return h("div", { class: "check-trail" }, button, said);
}

/** The last day that is over, in UTC. */
const yesterday = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

function ofDay(report) {
  const told = report.sound ? `Sound: ${events(report.events)}, each as it was written.`
    : !report.complete ? "Not finished: the day is still being worked on."
      : `Not sound: ${report.found} ${report.found === 1 ? "fault" : "faults"} among ${events(report.events)}.`;
  return [
    verdict(report.sound, told, faults(report.faults), report.found > report.faults.length && h("p", {}, `The first ${report.faults.length} are shown.`)),
    h("section", { class: "sheet" }, h("h2", {}, "The day"), facts([
      ["Day", report.day], ["Events archived", String(report.events)], ["Signature", report.signed ? "holds" : "does not hold, or there is none"],
      ["Digest", report.digest && h("code", {}, report.digest)], ["Checked", moment(report.checked_at)],
    ], "audit-day")),
  ];
}

/** Shows what verifying a day came to. */
export async function showAudit(draw, search) {
  const day = search.day || yesterday();
  const go = (event) => {
    event.preventDefault();
    window.location.hash = `#/audit${query(Object.fromEntries(new FormData(event.target)))}`;
  };
  const head = [h("h1", {}, "Audit"),
    h("p", { class: "soft" }, "Every night the events of the day before are compared with the archive and its signed digest. An order's own trail is checked on the order's page."),
    h("form", { class: "sheet filters", onsubmit: go, novalidate: true, "data-test": "audit-filters" },
      field("Day (UTC)", h("input", { name: "day", type: "date", value: day, max: yesterday(), "data-test": "audit-day-input" })),
      h("button", { class: "button", type: "submit", "data-test": "audit-go" }, "Show"))];
  try {
    draw(...head, ...ofDay(await read(`/audit/days/${encodeURIComponent(day)}`)));
  } catch (error) {
    // A day that was not looked at yet, or is none that is over: the choice stays.
    if (![404, 422].includes(error.status)) throw error;
    draw(...head, nothing(error.message));
  }
}
