/**
 * The cart: what and how many, kept in this browser. Prices in it are only what was last seen, to notice a change;
 * what is shown and charged is always read from the shop.
 *
 * A line: {sku, slug, quantity, name, variant, image: {url, alt}, seen: {KES, USD}}.
 */
import { lasting, load, save } from "./storage.js";

const NAME = "duka.cart";
const MOST = 99;
const changes = new EventTarget();

const sound = (line) => line && typeof line.sku === "string" && typeof line.slug === "string"
  && Number.isInteger(line.quantity) && line.quantity > 0;

/** The lines, oldest first. */
export function lines() {
  const stored = load(lasting, NAME, []);
  return Array.isArray(stored) ? stored.filter(sound) : [];
}

function keep(next) {
  save(lasting, NAME, next);
  changes.dispatchEvent(new Event("change"));
}

/** Pieces in the cart. */
export const count = () => lines().reduce((sum, line) => sum + line.quantity, 0);

/** How many of a SKU are in the cart. */
export const quantityOf = (sku) => lines().find((line) => line.sku === sku)?.quantity ?? 0;

/** Adds pieces to the SKU's line, or a new line; never more than `available`. */
export function add(line, available) {
  const others = lines();
  const mine = others.find((other) => other.sku === line.sku);
  const quantity = Math.min((mine?.quantity ?? 0) + line.quantity, available, MOST);
  if (mine) keep(others.map((other) => (other === mine ? { ...line, quantity } : other)));
  else keep([...others, { ...line, quantity }]);
}

/** Sets a line's quantity; zero removes it. */
export function setQuantity(sku, quantity) {
  keep(lines()
    .map((line) => (line.sku === sku ? { ...line, quantity: Math.min(quantity, MOST) } : line))
    .filter((line) => line.quantity > 0));
}

/** Takes out what was ordered, leaving what another tab added meanwhile. */
export function takeOut(ordered) {
  const gone = new Map(ordered.map((line) => [line.sku, line.quantity]));
  keep(lines()
    .map((line) => ({ ...line, quantity: line.quantity - (gone.get(line.sku) ?? 0) }))
    .filter((line) => line.quantity > 0));
}

/** Puts lines back, as after an order that expired; a line already there keeps the larger quantity. */
export function putBack(old) {
  const here = lines();
  const known = new Map(here.map((line) => [line.sku, line]));
  for (const line of old.filter(sound)) {
    const mine = known.get(line.sku);
    known.set(line.sku, { ...line, quantity: Math.max(line.quantity, mine?.quantity ?? 0) });
  }
  keep([...known.values()]);
}

/** Remembers the prices the buyer has now been told; what is in the cart does not change, so no one is called. */
export function tellPrices(priced) {
  const told = new Map(priced.filter((row) => row.variant).map((row) => [row.line.sku, row.variant.prices]));
  save(lasting, NAME, lines().map((line) => ({ ...line, seen: told.get(line.sku) ?? line.seen })));
}

/** Calls back when the cart changes, here or in another tab. */
export function onCart(callback) {
  changes.addEventListener("change", callback);
  window.addEventListener("storage", (event) => (event.key === NAME || event.key === null) && callback());
}
