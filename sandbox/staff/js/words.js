/** The shop's names in people's words. */
const plain = (name) => name.replaceAll("_", " ");
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A name of the API as words: "pending_payment" is "Pending payment". */
export const words = (name) => capital(plain(String(name ?? "")));

export const STATUSES = ["pending_payment", "processing", "shipped", "in_transit", "delivered", "cancelled", "expired"];

const KINDS = {
  good: ["processing", "delivered", "succeeded", "approved", "received", "won"],
  wait: ["pending_payment", "starting", "prompted", "unknown", "requested", "sent", "review", "pending"],
  bad: ["cancelled", "expired", "failed", "rejected", "open", "lost"],
  way: ["shipped", "in_transit"],
};

/** The colour of a state. */
export function kind(state) {
  return Object.keys(KINDS).find((name) => KINDS[name].includes(state)) ?? "plain";
}

/** An event's name as words: "PaymentConfirmed" is "Payment confirmed". */
export const eventWords = (type) => capital(type.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase());

export const METHODS = { mpesa: "M-Pesa", card: "Card", credit: "Store credit or voucher" };
export const CARRIERS = { local: "Local courier", g4s: "G4S", wells_fargo: "Wells Fargo", dhl: "DHL Express" };

/** Minor units of an amount that people wrote in shillings or dollars; null when it is none. */
export function minor(text) {
  const plainText = String(text).replace(/[\s,]/g, "");
  if (!/^\d{1,10}(\.\d{1,2})?$/.test(plainText)) return null;
  const [whole, cents = ""] = plainText.split(".");
  return Number(whole) * 100 + Number(cents.padEnd(2, "0"));
}
