/** Finding the product that a SKU belongs to, where only the SKU is known. */
import { query, read } from "./api.js";

/** The product's detail, or null when it is no longer sold. */
export async function productOf(sku) {
  const { items } = await read(`/products${query({ q: sku, limit: 10 })}`);
  for (const { slug } of items) {
    const product = await read(`/products/${encodeURIComponent(slug)}`);
    if (product.variants.some((variant) => variant.sku === sku)) return product;
  }
  return null;
}
