/** Talking to the shop's API: time-outs, problem+json, and retries that are safe. */
import { API_BASE, CLIENT_KEY, ORDER_TIMEOUT_MS, READ_TIMEOUT_MS } from "../config.js";
import { freshKey } from "./intent.js";

/** The API answered, and said no (RFC 9457). */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `The shop answered ${status}.`);
    this.status = status;
    this.kind = String(body.type ?? "").split(":").pop();
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

/** No answer came; what the API did, if anything, is not known. */
export class Unreachable extends Error {
  constructor(reason) {
    super({
      offline: "You seem to be offline.",
      timeout: "The shop is taking too long to answer.",
      network: "The shop could not be reached.",
    }[reason]);
    this.reason = reason;
  }
}

/** The kind of Problem that says a way to pay is out of order: nothing was begun, and another way may work. */
export const NO_METHOD = "payment-method-unavailable";

const LONGEST_WAIT = 60;

/** Too many requests, and the shop asks for a pause that a buyer can wait out on the page. */
const tooFast = (error) => error instanceof Problem && error.status === 429 && (error.retryAfter ?? 0) <= LONGEST_WAIT;

/** Worth asking again: nothing was heard, or the answer says "later" or "broken". */
export const passes = (error) => error instanceof Unreachable || tooFast(error)
  || (error instanceof Problem && error.kind !== NO_METHOD && error.status >= 500);

/** A failure in the buyer's words: what the API says of a refusal, our own words for a fault that passes. */
export function plainly(error) {
  if (tooFast(error)) return "Too many requests at once.";
  if (error instanceof Problem && error.status >= 500) return "The shop has trouble answering just now.";
  return error instanceof Problem || error instanceof Unreachable ? error.message : "Something went wrong on this page.";
}

let clockLead = 0;

/** Now by the shop's clock, in milliseconds: a phone's own clock is often wrong by minutes. */
export const shopNow = () => Date.now() + clockLead;

function readRetryAfter(response) {
  const value = response.headers.get("Retry-After");
  if (!value) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, (date - shopNow()) / 1000);
}

/**
 * One request, one answer; with `keepalive` it is sent even if the page is left. What changes something is sent under a
 * correlation id, by which the shop finds all that follows from it. Throws Problem, Unreachable, or AbortError when
 * `signal` gave it up.
 */
export async function call(path, { method = "GET", body, key, token, timeout = READ_TIMEOUT_MS, signal, live = false, keepalive = false, click = freshKey() } = {}) {
  const control = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    control.abort();
  }, timeout);
  const giveUp = () => control.abort();
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted) giveUp();
  try {
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (CLIENT_KEY) headers["X-Client-Key"] = CLIENT_KEY;
    if (method !== "GET") headers["X-Correlation-Id"] = click;
    if (key) headers["Idempotency-Key"] = key;
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(API_BASE + path, {
      method, headers, signal: control.signal, credentials: "omit", referrerPolicy: "no-referrer",
      cache: live ? "no-store" : "default", keepalive,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const stamp = live ? Date.parse(response.headers.get("Date") ?? "") : NaN;
    if (!Number.isNaN(stamp)) clockLead = stamp + 500 - Date.now();
    const data = await response.json().catch((error) => {
      if (error instanceof SyntaxError) return null;
      throw error;
    });
    if (!response.ok) throw new Problem(response.status, data ?? {}, readRetryAfter(response));
    if (data === null && response.status !== 204) throw new Unreachable("network");
    return data;
  } catch (error) {
    if (error instanceof Problem || error instanceof Unreachable) throw error;
    if (signal?.aborted) throw new DOMException("given up", "AbortError");
    throw new Unreachable(late ? "timeout" : navigator.onLine === false ? "offline" : "network");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until the browser says it is online, at most `limit` milliseconds. */
function online(limit) {
  if (navigator.onLine !== false) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limit);
    window.addEventListener("online", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/** Reads a path, up to three times while the failure is one that passes. */
export async function read(path, { signal } = {}) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await call(path, { signal });
    } catch (error) {
      const tooLate = error instanceof Problem && (error.retryAfter ?? 0) > 5;
      if (tried === 3 || tooLate || error.reason === "offline" || !passes(error)) throw error;
      await pause(error.retryAfter ? error.retryAfter * 1000 : 600 * tried ** 2);
    }
  }
}

const SEND_PAUSES = [1_500, 4_000, 9_000];

/**
 * Sends an order or a payment under its Idempotency-Key, and again under the same key while nothing is heard.
 * Bounded: four sendings. `onRetry(error, number)` is told before each further one. Throws the last failure; when
 * that one `passes`, the outcome is not known and only the same key may be used to ask again.
 */
export async function send(path, body, key, onRetry) {
  const click = freshKey();
  for (let tried = 0; ; tried += 1) {
    try {
      return await call(path, { method: "POST", body, key, click, timeout: ORDER_TIMEOUT_MS, live: true });
    } catch (error) {
      if (tried === SEND_PAUSES.length || !passes(error)) throw error;
      onRetry(error, tried + 2);
      await online(30_000);
      const asked = error.retryAfter ? Math.min(error.retryAfter, 30) * 1000 : 0;
      await pause(Math.max(asked, SEND_PAUSES[tried] * (0.8 + Math.random() * 0.4)));
    }
  }
}

/** A query string of the values that are set. */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return set.length ? `?${new URLSearchParams(set)}` : "";
}
