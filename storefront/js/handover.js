/**
 * What Stripe's form needs for one attempt to pay by card: its client secret. Whoever has it can pay that attempt and
 * see its amount, no more; it is kept for this tab only and never goes into the address.
 */
import { load, passing, save } from "./storage.js";

const nameOf = (id) => `duka.card.${id}`;

/** Takes the secret out of a payment the shop has just started, keeps it, and returns the payment without it. */
export function keepHandover({ client_secret: secret, publishable_key: key, ...payment }) {
  if (secret && key && !handoverOf(payment.id)) save(passing, nameOf(payment.id), { secret, key, taken: null, refused: null });
  return payment;
}

/**
 * {secret, key, taken, refused} of an attempt, or null. `taken`: when Stripe took the card (epoch milliseconds), so that
 * only the shop's word is awaited; `refused`: what the bank said against it later.
 */
export const handoverOf = (id) => load(passing, nameOf(id), null);

/** Notes that Stripe has taken the card. */
export const markTaken = (id) => note(id, { taken: Date.now(), refused: null });

/** Notes that the bank refused later what Stripe had taken. */
export const markRefusedLater = (id, refused) => note(id, { taken: null, refused });

function note(id, facts) {
  const known = handoverOf(id);
  if (known) save(passing, nameOf(id), { ...known, ...facts });
}

/** Forgets the secret of an attempt that has ended. */
export const dropHandover = (id) => save(passing, nameOf(id), null);
