/** The cart's lines as the shop sees them now: price, stock, and what is wrong with each. */
import { Problem, read } from "./api.js";

/**
 * Reads every product of the cart once. Each row: {line, product, variant, trouble, was}: `trouble` is null,
 * "gone" (no longer sold), "sold-out" or "short" (fewer left than wanted); `was` is the price last shown when it
 * has changed. Throws when the shop cannot be reached: an old price is never shown as the price.
 */
export async function priceCart(lines, { signal } = {}) {
  const slugs = [...new Set(lines.map((line) => line.slug))];
  const found = new Map(await Promise.all(slugs.map(async (slug) => [slug, await product(slug, signal)])));
  return lines.map((line) => row(line, found.get(line.slug)));
}

async function product(slug, signal) {
  try {
    return await read(`/products/${encodeURIComponent(slug)}`, { signal });
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

function row(line, shown) {
  const variant = shown?.variants.find((one) => one.sku === line.sku) ?? null;
  let trouble = null;
  if (!variant) trouble = "gone";
  else if (variant.available <= 0) trouble = "sold-out";
  else if (variant.available < line.quantity) trouble = "short";
  const changed = variant && line.seen && ["KES", "USD"].some((one) => line.seen[one] !== variant.prices[one]);
  return { line, product: shown, variant, trouble, was: changed ? line.seen : null };
}

/** Sum of the lines that can be bought, in minor units. */
export const subtotal = (rows, currency) =>
  rows.reduce((sum, { line, variant }) => sum + (variant ? variant.prices[currency] * line.quantity : 0), 0);

/** "ThinkPad X280, 16 GB" from a product's name and its variant's. */
export const fullName = (name, variant) => (variant && variant !== name ? `${name}, ${variant}` : name);
