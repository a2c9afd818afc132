/** Stripe.js, loaded from Stripe itself when a card is to be paid, and only then. */
import { STRIPE_JS } from "../config.js";
import { Unreachable } from "./api.js";
import { h } from "./dom.js";

let loading = null;
const made = new Map();

function load() {
  loading ??= new Promise((resolve, reject) => {
    const missed = () => {
      loading = null;
      script.remove();
      reject(new Unreachable(navigator.onLine === false ? "offline" : "network"));
    };
    const script = h("script", { src: STRIPE_JS, async: true, onload: () => (window.Stripe ? resolve(window.Stripe) : missed()), onerror: missed });
    document.head.append(script);
  });
  return loading;
}

/** Stripe's object for a publishable key. Throws Unreachable when its script does not come; a later call tries again. */
export async function stripeFor(key) {
  const Stripe = await load();
  if (!made.has(key)) made.set(key, Stripe(key));
  return made.get(key);
}
