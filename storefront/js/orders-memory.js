/** The buyer's last orders on this device: number, e-mail, the phone asked to pay, and the cart they came from. */
import { lasting, load, passing, save } from "./storage.js";

const NAME = "duka.orders";
const EMAIL = "duka.email";
const KEPT = 8;

/** The remembered orders, newest first: {number, email, phone, total, currency, placedAt, lines, quoted}. */
export function rememberedOrders() {
  const stored = load(lasting, NAME, []);
  return Array.isArray(stored) ? stored.filter((one) => typeof one?.number === "string") : [];
}

/** One of them by number, or null. */
export const remembered = (number) => rememberedOrders().find((one) => one.number === number) ?? null;

/** Adds an order, or adds to what is known of it. */
export function remember(number, facts) {
  const known = remembered(number);
  if (known && Object.entries(facts).every(([name, value]) => known[name] === value)) return;
  const others = rememberedOrders().filter((one) => one.number !== number);
  save(lasting, NAME, [{ ...known, ...facts, number }, ...others].slice(0, KEPT));
}

/** Forgets every order, as on a borrowed phone. */
export function forgetOrders() {
  save(lasting, NAME, null);
  save(passing, EMAIL, null);
}

/** The e-mail an order may be read with, when this tab or this device knows it; it never goes into the address. */
export function emailFor(number) {
  const here = load(passing, EMAIL, {});
  return here[number] ?? remembered(number)?.email ?? null;
}

/** Keeps an e-mail for this tab. */
export function keepEmail(number, email) {
  save(passing, EMAIL, { ...load(passing, EMAIL, {}), [number]: email });
}

/** Drops an e-mail that turned out wrong. */
export function dropEmail(number) {
  const here = load(passing, EMAIL, {});
  delete here[number];
  save(passing, EMAIL, here);
}
