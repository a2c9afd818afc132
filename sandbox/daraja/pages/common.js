// What both pages share: talking to the control API, building elements, showing times and phones.

const API = "/sandbox/daraja/api";

/** GET JSON from the control API. */
export async function read(path) {
  const response = await fetch(API + path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response.json();
}

/** POST JSON to the control API; an error carries the API's own words. */
export async function send(path, body = {}) {
  const response = await fetch(API + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(typeof answer.detail === "string" ? answer.detail : `HTTP ${response.status}`);
  }
  return answer;
}

/** An element with attributes and children; strings become text, never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A moment as the viewer's own clock time, with seconds. */
export function clock(moment) {
  return new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** A phone as 2547XXXXXXXX, from 07…, 7…, +254… or with spaces. */
export function normalPhone(typed) {
  const digits = typed.replace(/\D/g, "");
  if (/^0[17]\d{8}$/.test(digits)) return "254" + digits.slice(1);
  if (/^[17]\d{8}$/.test(digits)) return "254" + digits;
  return digits;
}

/** 254712345678 as 0712 345 678. */
export function shownPhone(phone) {
  const local = phone.replace(/^254/, "0");
  return local.length === 10 ? `${local.slice(0, 4)} ${local.slice(4, 7)} ${local.slice(7)}` : phone;
}

/** Run `work` now and then every `milliseconds`, one at a time; tell `failed` with an error, or null when well. */
export function repeat(work, milliseconds, failed) {
  const turn = async () => {
    try {
      if (!document.hidden) await work();
      failed(null);
    } catch (error) {
      failed(error);
    }
    setTimeout(turn, milliseconds);
  };
  turn();
}
