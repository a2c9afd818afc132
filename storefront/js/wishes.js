/** The wishlist, kept by the shop for a signed-in buyer. */
import { mine } from "./mine.js";
import { load, passing, save } from "./storage.js";

const LATER = "duka.wish-later";

/** The slugs that are wished for, newest first. */
export const readWishes = async () => (await mine("/wishlist")).items.map(({ slug }) => slug);

/** Puts a product on the list, or takes it off; either may be done again. */
export const setWish = (slug, wanted) => mine(`/wishlist/${encodeURIComponent(slug)}`, { method: wanted ? "PUT" : "DELETE" });

/** Keeps a wish over the way to the sign-in page. */
export const wishLater = (slug) => save(passing, LATER, slug);

/** The wish that was kept, once. */
export function takeLater() {
  const slug = load(passing, LATER, null);
  save(passing, LATER, null);
  return slug;
}
