/** Kenyan mobile numbers as people write them: 07…, 01…, +254…, 254…, with spaces or dashes. */

const KENYAN = /^(?:(?:\+|00)?2540?|0)?([17]\d{8})$/;
const FOREIGN = /^\+(?!254)[1-9]\d{7,14}$/;

const bare = (text) => text.replace(/[\s().-]/g, "");

/** "+2547XXXXXXXX", or null when it is not a Kenyan mobile number. */
export function kenyan(text) {
  const match = KENYAN.exec(bare(text));
  return match ? `+254${match[1]}` : null;
}

/** A number to be reached on: Kenyan, or any country's with its + code; null when neither. */
export function reachable(text) {
  return kenyan(text) ?? (FOREIGN.test(bare(text)) ? bare(text) : null);
}

/** "0712 345 678" for a Kenyan number, otherwise as it was given. */
export function spoken(text) {
  const number = kenyan(text);
  if (!number) return text;
  const local = `0${number.slice(4)}`;
  return `${local.slice(0, 4)}\u00a0${local.slice(4, 7)}\u00a0${local.slice(7)}`;
}
