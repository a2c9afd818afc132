/**
 * Who is signed in. The sign-in page sends the buyer back with a token in the address's fragment, which no server and
 * no other page sees; it is taken out of the address at once and kept for this tab only.
 */
import { SIGN_IN } from "../config.js";
import { freshKey } from "./intent.js";
import { load, passing, save } from "./storage.js";

const TOKEN = "duka.token";
const ASKED = "duka.signing-in";
const changes = new EventTarget();

/** True when the shop has a sign-in page. */
export const canSignIn = SIGN_IN !== "";

/** What the token says of the buyer; null for what is no token. The shop alone judges whether it is genuine. */
function claims(token) {
  try {
    const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (char) => char.charCodeAt(0))));
  } catch {
    return null;
  }
}

/** The token while it lasts, or null. */
export function token() {
  const kept = load(passing, TOKEN, null);
  const until = kept && claims(kept)?.exp;
  return until && until * 1000 > Date.now() ? kept : null;
}

/** The signed-in buyer's e-mail (or other name), or null. */
export function signedInAs() {
  const kept = token();
  if (!kept) return null;
  const said = claims(kept);
  return said.email ?? said.sub ?? "";
}

function keep(next) {
  save(passing, TOKEN, next);
  changes.dispatchEvent(new Event("change"));
}

/** Forgets the token, as when the buyer signs out or the shop no longer takes it. */
export const signOut = () => keep(null);

/** Calls back when someone signs in or out in this tab. */
export const onSession = (callback) => changes.addEventListener("change", callback);

/**
 * Takes a token that came with the address. Only this tab's own asking counts (`signed`): a link somebody else made
 * must not sign a buyer into an account of theirs.
 */
export function receiveToken() {
  const came = new URLSearchParams(window.location.hash.slice(1)).get("access_token");
  const here = new URL(window.location.href);
  const mark = here.searchParams.get("signed");
  if (!came && !mark) return;
  here.searchParams.delete("signed");
  window.history.replaceState(window.history.state, "", here.pathname + here.search + (came ? "" : here.hash));
  const asked = load(passing, ASKED, null);
  save(passing, ASKED, null);
  if (came && asked && mark === asked && claims(came)) keep(came);
}

/** Goes to the sign-in page, which comes back to this one. */
export function signIn() {
  const mark = freshKey();
  save(passing, ASKED, mark);
  const back = new URL(window.location.href);
  back.searchParams.set("signed", mark);
  window.location.assign(`${SIGN_IN}?${new URLSearchParams({ redirect: back.pathname + back.search })}`);
}
