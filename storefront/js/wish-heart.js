/** The heart on a product: on the wishlist or not. Who is not signed in is asked to first, and the wish is kept. */
import { plainly } from "./api.js";
import { h, say } from "./dom.js";
import { canSignIn, onSession, signedInAs, signIn } from "./session.js";
import { readWishes, setWish, takeLater, wishLater } from "./wishes.js";

/** The button, or null in a shop without sign-in. `told(text)` says what happened. */
export function wishHeart({ slug, name }, told) {
  if (!canSignIn) return null;
  const words = h("span", {});
  const button = h("button", { type: "button", class: "heart", "aria-pressed": "false", "data-test": "wish", onclick: press },
    h("span", { class: "heart__shape", "aria-hidden": "true" }), words);
  let busy = false;

  function show(wanted) {
    button.setAttribute("aria-pressed", String(wanted));
    say(words, wanted ? "On your wishlist" : "Add to wishlist");
  }

  async function set(wanted) {
    busy = true;
    show(wanted);
    try {
      await setWish(slug, wanted);
      told(wanted ? `${name} is on your wishlist.` : `${name} is off your wishlist.`);
    } catch (error) {
      show(!wanted);
      told(plainly(error));
    }
    busy = false;
  }

  function press() {
    if (busy) return;
    if (signedInAs() === null) {
      wishLater(slug);
      signIn();
    } else set(button.getAttribute("aria-pressed") !== "true");
  }

  async function look() {
    if (signedInAs() === null) {
      show(false);
      return;
    }
    if (takeLater() === slug) {
      await set(true);
      return;
    }
    try {
      const wishes = await readWishes();
      if (!busy) show(wishes.includes(slug));
    } catch {
      show(false);
    }
  }

  show(false);
  onSession(look);
  look();
  return button;
}
