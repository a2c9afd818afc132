/** Talking to the staff API: the token, problem+json in words, and keys for what must happen once. */
import { signOut, token } from "./session.js";

const BASE = "/api/admin";
// Names this page to the API, which answers its own frontends only.
const CLIENT_KEY = "local-staff-page-key";
const TIMEOUT_MS = 25_000;

/** Why something was not done, in words; `fields` names the members of the request that are at fault. */
export class Failure extends Error {
  constructor(message, { status = 0, type = "", fields = [] } = {}) {
    super(message);
    this.status = status;
    this.type = type;
    this.fields = fields;
  }
}

const WORDS = {
  401: "You are signed out. Please sign in again.",
  429: "Too many requests at once. Wait a moment and try again.",
  503: "The shop is very busy. Nothing was changed; please try again.",
};

async function refusal(answer) {
  const body = await answer.json().catch(() => ({}));
  const fields = Array.isArray(body.errors) ? body.errors : [];
  if (answer.status === 401) signOut();
  const said = fields.length && body.type?.endsWith("invalid-request") && body.detail?.startsWith("Some fields")
    ? fields.map(({ field, message }) => `${field}: ${message}`).join("; ")
    : body.detail;
  return new Failure(WORDS[answer.status] ?? said ?? `The shop answered ${answer.status}.`,
    { status: answer.status, type: String(body.type ?? "").split(":").pop(), fields });
}

async function ask(path, { method = "GET", body, key, code } = {}) {
  const headers = { Accept: "application/json", Authorization: `Bearer ${token() ?? ""}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  headers["X-Client-Key"] = CLIENT_KEY;
  if (method !== "GET" && crypto.randomUUID) headers["X-Correlation-Id"] = crypto.randomUUID();
  if (key) headers["Idempotency-Key"] = key;
  if (code) headers["X-One-Time-Code"] = code;
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method, headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Failure(method === "GET"
      ? "The shop could not be reached. Check the connection and try again."
      : "No answer came, so it is not known whether this was done. Press the button again: it is done once.");
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** Reads a path. */
export const read = async (path) => (await ask(path)).json();

let askForCode = async () => null;

/** Names who asks for the second factor's code: resolves with it, or with null when the person gives up. */
export const onSecondFactor = (callback) => {
  askForCode = callback;
};

/** Changes something; `key` makes a repeat harmless. Where the shop wants a code, it is asked for until one fits. */
export async function write(method, path, body, key) {
  let code;
  for (;;) {
    try {
      return await (await ask(path, { method, body, key, code })).json();
    } catch (error) {
      if (!["second-factor-required", "second-factor-wrong"].includes(error.type)) throw error;
      code = await askForCode(error);
      if (!code) throw error;
    }
  }
}

/** Changes something that no code is asked for. */
export const send = async (method, path, body) => (await ask(path, { method, body })).json();

/** Saves what a path answers as a file. */
export async function download(path) {
  const answer = await ask(path);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "orders.csv";
  const address = URL.createObjectURL(await answer.blob());
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A query string of the values that are set. */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return set.length ? `?${new URLSearchParams(set)}` : "";
}

/** A fresh Idempotency-Key. */
export const freshKey = () => `staff-${crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-")}`;
