/**
 * One Idempotency-Key per thing the buyer means to do, so that a reload, a second tap or another tab sends the same
 * key and the shop makes one order of it.
 *
 * The key is kept with a print of what is sent, never the content itself. Other content is another intent and gets
 * another key; so does the same content once its order has ended, or after a day.
 */
import { lasting, load, save } from "./storage.js";

const NAME = "duka.intents";
const DAY = 86_400_000;

function all() {
  const stored = load(lasting, NAME, {});
  const young = Object.entries(stored).filter(([, intent]) => Date.now() - intent.since < DAY);
  return Object.fromEntries(young);
}

function put(purpose, intent) {
  const others = all();
  if (intent) others[purpose] = intent;
  else delete others[purpose];
  save(lasting, NAME, others);
}

/** A version 4 UUID; browsers offer randomUUID on secure pages only. */
export function freshKey() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A short print of any JSON value (FNV-1a, two seeds); equal values print equally when built in the same order. */
export function print(value) {
  const text = JSON.stringify(value);
  const mix = (seed) => {
    let sum = seed;
    for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
    return (sum >>> 0).toString(36);
  };
  return `${text.length}.${mix(0x811c9dc5)}.${mix(0x9e3779b1)}`;
}

/**
 * The intent for this purpose and content: the one begun before, or a new one. {key, print, since, sent, number}
 *
 * While a sending's outcome is not known the key stays even if the content changes: should the first have arrived, the
 * shop refuses the second (idempotency-key-reused); should it not, the second is the order. Never both.
 */
export function intentFor(purpose, content) {
  const mine = print(content);
  const stored = all()[purpose];
  if (stored?.print === mine) return stored;
  if (stored?.sent && stored.number === null) return { ...stored, print: mine };
  const intent = { key: freshKey(), print: mine, since: Date.now(), sent: false, number: null };
  put(purpose, intent);
  return intent;
}

/** Notes that the key has left this device: from now on its outcome may exist. */
export const markSent = (purpose, intent) => put(purpose, { ...intent, sent: true });

/** Notes that the shop said no: nothing came of this key, so changed content may have a new one. */
export const markRefused = (purpose, intent) => put(purpose, { ...intent, sent: false });

/** Notes which order the key made. */
export const markPlaced = (purpose, intent, number) => put(purpose, { ...intent, sent: true, number });

/**
 * Does the work while no other tab does work for the same purpose: two tabs pressed in one instant would not yet see
 * each other's key. The second finds the first's intent. Without the browser's locks the work is simply done.
 */
export const alone = (purpose, work) =>
  (navigator.locks ? navigator.locks.request(`duka.${purpose}`, work) : work());

/** Ends an intent; the same content will get a new key. */
export const closeIntent = (purpose) => put(purpose, null);

/** Ends every intent of an order that has come to its end. */
export function closeOrder(number) {
  for (const [purpose, intent] of Object.entries(all())) {
    if (intent.number === number) closeIntent(purpose);
  }
}
