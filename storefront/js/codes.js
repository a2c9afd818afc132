/** Voucher and store-credit codes, as people type and paste them. */

/** A voucher's code as the shop writes it: capitals, no spaces. */
export const voucherCode = (text) => text.replace(/\s+/g, "").toUpperCase();

/**
 * A store-credit code in its groups of five. Its alphabet leaves out I, L, O and U, so that what was read wrongly
 * (O for 0, I or L for 1) can be put right; what is no such code stays as it was typed.
 */
export function creditCode(text) {
  const bare = text.toUpperCase().replace(/[\s-]+/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  return /^[0-9A-HJKMNP-TV-Z]{20}$/.test(bare) ? bare.match(/.{5}/g).join("-") : text.trim();
}

/** Whether this reads like a store-credit code. */
export const looksLikeCredit = (text) => /^[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}$/.test(text);
