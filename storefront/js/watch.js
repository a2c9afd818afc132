/** Watching an order: asks, waits as long as the state deserves, rests while the page is hidden, stops in the end. */
import { call, passes, Problem, query } from "./api.js";
import { nextPause, stateOf } from "./order-state.js";

const GIVE_UP_AFTER = 45 * 60_000;
const NEAREST = 2_000;

/**
 * Starts at once. `onView(view)` gets each answer; `onTrouble(error)` each failure that passes, `onEnd(error)` one
 * that does not (a 404) or null when the watch has gone on long enough. Returns {askNow, see, stop}.
 */
export function watch(number, email, { onView, onTrouble, onEnd }) {
  const path = `/orders/${encodeURIComponent(number)}${query({ email })}`;
  const started = Date.now();
  let timer = 0;
  let asked = 0;
  let failed = 0;
  let last = null;
  let lastAt = 0;
  let asking = false;
  let stopped = false;

  async function ask() {
    clearTimeout(timer);
    if (stopped || asking) return;
    asking = true;
    lastAt = Date.now();
    try {
      const view = await call(path, { live: true });
      failed = 0;
      if (!stopped) see(view);
    } catch (error) {
      if (!stopped) miss(error);
    } finally {
      asking = false;
    }
  }

  function see(view) {
    const changed = last === null || stateOf(last) !== stateOf(view) || last.payment?.id !== view.payment?.id;
    asked = changed ? 0 : asked + 1;
    last = view;
    onView(view);
    const seconds = nextPause(view, asked);
    if (seconds !== null) plan(seconds);
  }

  function miss(error) {
    if (!passes(error)) {
      stop();
      onEnd(error);
      return;
    }
    failed += 1;
    onTrouble(error);
    const asks = error instanceof Problem ? error.retryAfter ?? 0 : 0;
    plan(Math.max(asks, Math.min(4 * failed, 20)));
  }

  function plan(seconds) {
    if (Date.now() - started > GIVE_UP_AFTER) {
      stop();
      onEnd(null);
      return;
    }
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, seconds * 1000);
  }

  function wake() {
    if (document.hidden) clearTimeout(timer);
    else if (last === null || nextPause(last, asked) !== null) askNow();
  }

  /** Asks now, or as soon as the last question is two seconds old, and then as often as after a change. */
  function askNow() {
    clearTimeout(timer);
    asked = 0;
    const wait = NEAREST - (Date.now() - lastAt);
    if (wait <= 0) ask();
    else timer = setTimeout(ask, wait);
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
    window.removeEventListener("online", wake);
  }

  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  ask();
  return { askNow, see, stop };
}
