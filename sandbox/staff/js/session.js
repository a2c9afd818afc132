/** Who works here now. The token lives in this tab only; the shop judges whether it is genuine and what it allows. */
const TOKEN = "staff.token";
const ISSUER = "/sandbox/identity/token";
const changes = new EventTarget();

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
  const kept = sessionStorage.getItem(TOKEN);
  const until = kept && claims(kept)?.exp;
  return until && until * 1000 > Date.now() ? kept : null;
}

/** The e-mail address of who is signed in, or null. */
export function signedInAs() {
  const kept = token();
  return kept && (claims(kept).email ?? claims(kept).sub);
}

/** A subject of the trail as people read it: oneself by "you", others by the start of a long name. */
export function person(subject) {
  const kept = token();
  if (kept && claims(kept).sub === subject) return "you";
  return subject.length > 20 && !subject.includes("/") ? `${subject.slice(0, 8)}…` : subject;
}

/** Calls back when somebody signs in or out. */
export const onSession = (callback) => changes.addEventListener("change", callback);

/** Forgets the token. */
export function signOut() {
  sessionStorage.removeItem(TOKEN);
  changes.dispatchEvent(new Event("change"));
}

/** Has the development issuer vouch for somebody. Throws an Error in words when it will not. */
export async function signIn(email, roles) {
  let answer;
  try {
    answer = await fetch(ISSUER, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email, roles }),
    });
  } catch {
    throw new Error("The sign-in service could not be reached.");
  }
  if (!answer.ok) throw new Error("Nobody can be signed in like that. Check the e-mail address.");
  sessionStorage.setItem(TOKEN, (await answer.json()).access_token);
  changes.dispatchEvent(new Event("change"));
}
