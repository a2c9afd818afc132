/**
 * The cart that the shop keeps for a signed-in buyer. This device notes which saving it has seen last: while no other
 * device has saved since, what changes here is saved; once one has, the buyer is asked, and nothing is overwritten.
 */
import { Problem } from "./api.js";
import { lines, onCart, putBack } from "./cart.js";
import { productOf } from "./find-product.js";
import { mine } from "./mine.js";
import { currency } from "./money.js";
import { onSession, signedInAs } from "./session.js";
import { lasting, load, save } from "./storage.js";

const NAME = "duka.cart-saved";
const SETTLE = 1_200;
const MOST_LINES = 20;
let timer = 0;

const items = () => lines().slice(0, MOST_LINES).map(({ sku, quantity }) => ({ sku, quantity }));
const same = (one, other) => one.length === other.length
  && one.every(({ sku, quantity }) => other.some((line) => line.sku === sku && line.quantity === quantity));

/** The version of the saved cart that this device has seen, for the buyer who is signed in. */
function seen() {
  const noted = load(lasting, NAME, null);
  return noted && noted.who === signedInAs() ? noted.version : null;
}

const note = (version, unsaved = false) => save(lasting, NAME, { who: signedInAs(), version, unsaved });

async function put(version) {
  const saved = await mine("/cart", { method: "PUT", body: { items: items(), currency: currency(), version } });
  note(saved.version);
}

/**
 * Brings both carts together where nothing can be lost by it. Answers what another device saved and this one does not
 * have, {items, version}, for the buyer to decide about; null when there is nothing to decide.
 */
export async function meetSavedCart() {
  if (signedInAs() === null) return null;
  const saved = await mine("/cart");
  if (same(saved.items, items())) note(saved.version);
  else if (saved.items.length === 0 || saved.version === seen()) await put(saved.version);
  else return saved;
  return null;
}

/** Puts the saved pieces into this cart; of a piece in both, the larger number counts. Answers how many are gone. */
export async function takeSaved(saved) {
  const found = await Promise.all(saved.items.map(async ({ sku, quantity }) => {
    const product = await productOf(sku);
    const variant = product?.variants.find((one) => one.sku === sku);
    return variant && {
      sku, slug: product.slug, quantity, name: product.name, variant: variant.name, image: product.images[0] ?? null, seen: variant.prices,
    };
  }));
  note(saved.version);
  putBack(found.filter(Boolean));
  await put(saved.version);
  return found.filter((line) => !line).length;
}

/** Keeps this cart in place of the saved one; nothing is gone. */
export async function keepThis(saved) {
  await put(saved.version);
  return 0;
}

function changed() {
  clearTimeout(timer);
  if (seen() === null) return;
  note(seen(), true);
  timer = setTimeout(() => {
    // Another device saved meanwhile: the cart page asks. Any other failure is made good by the next change.
    put(seen()).catch((error) => error instanceof Problem && error.status === 409 && save(lasting, NAME, null));
  }, SETTLE);
}

/** Saves from now on what changes in the cart; what a page that was left had no time to save is saved now. */
export function startSavedCart() {
  const meet = () => {
    if (signedInAs() === null) return;
    if (seen() === null) meetSavedCart().catch(() => {});
    else if (load(lasting, NAME, null).unsaved) changed();
  };
  onCart(changed);
  onSession(meet);
  meet();
}
