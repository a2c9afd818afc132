/** The way in and out, at the top of every page. */
import { h, hook } from "./dom.js";
import { canSignIn, onSession, receiveToken, signedInAs, signIn, signOut } from "./session.js";

function show() {
  const name = signedInAs();
  const press = name === null ? () => signIn() : signOut;
  hook("account").replaceWith(h("button", {
    type: "button", class: "top__account", "data-hook": "account", "data-test": name === null ? "sign-in" : "sign-out",
    title: name === null ? null : `Signed in as ${name}`, onclick: press,
  }, name === null ? "Sign in" : "Sign out"));
}

/** Takes a token that came with the address, and shows who is in. A shop without sign-in shows neither. */
export function startAccount() {
  receiveToken();
  if (canSignIn) {
    onSession(show);
    show();
  } else {
    hook("account").remove();
    hook("wishlist-link").remove();
  }
}
