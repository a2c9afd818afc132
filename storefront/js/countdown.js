/** Time left, by the shop's clock. */
import { shopNow } from "./api.js";
import { h, say } from "./dom.js";

/** "14:05" for a number of seconds. */
export const clockText = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

/** Whole seconds until an ISO time, never negative. */
export const secondsLeft = (iso) => Math.max(0, Math.ceil((Date.parse(iso) - shopNow()) / 1000));

/**
 * A ring that empties between two ISO times, with the time left in it. It counts for the eye only: a screen reader
 * can read it, and is not interrupted by it. It stops by itself once it is no longer on the page.
 */
export function countdown(from, until) {
  const text = h("span", { class: "ring__text" });
  const label = h("span", { class: "ring__label" }, "left to pay");
  const node = h("div", { class: "ring", role: "timer", "data-test": "countdown" }, text, label);
  const whole = Math.max(1, (Date.parse(until) - Date.parse(from)) / 1000);
  let shown = false;
  const tick = () => {
    if (shown && !node.isConnected) return;
    shown ||= node.isConnected;
    const left = secondsLeft(until);
    say(text, clockText(left));
    if (left === 0) say(label, "last check");
    node.style.setProperty("--left", String(Math.min(1, left / whole)));
    node.classList.toggle("ring--short", left < 120);
    setTimeout(tick, 1000);
  };
  tick();
  return node;
}
