/** What an order's status and its payment's status mean together, and how often it is worth asking again. */

const SETTLED = ["processing", "shipped", "in_transit", "delivered"];

/** "paid", "expired", "cancelled", "review", "failed", "unknown" or "pending". */
export function stateOf({ order, payment }) {
  if (SETTLED.includes(order.status)) return "paid";
  if (payment?.status === "review") return "review";
  if (order.status === "expired" || order.status === "cancelled") return order.status;
  const known = ["pending", "unknown", "failed", "paid"];
  return known.includes(payment?.status) ? payment.status : "unknown";
}

/** True while the order still waits for its money. */
export const waits = (view) => ["pending", "unknown", "failed"].includes(stateOf(view));

const refunding = (view) => (view.refunds ?? []).some((refund) => refund.status === "pending");

const returning = (view) => (view.order.returns ?? view.returns ?? []).some((one) => ["requested", "approved"].includes(one.status));

/** Seconds until the next question, or null when nothing more is expected. `asked` counts from the last change. */
export function nextPause(view, asked) {
  const state = stateOf(view);
  if (state === "pending" || state === "unknown") {
    if (asked === 0) return 2;
    return asked < 5 ? 3 : asked < 40 ? 5 : 10;
  }
  if (state === "failed" || state === "review") return 15;
  // M-Pesa's receipt may come a little after the money.
  if (state === "paid" && view.payment.method === "mpesa" && !view.payment.receipt && asked < 10) return 3;
  if (refunding(view)) return 15;
  return view.order.status === "delivered" && !returning(view) ? null : 60;
}

/** The words for an order's own status. */
export const STATUS_WORDS = {
  pending_payment: "Waiting for payment", processing: "Paid, being packed", shipped: "Handed to the courier",
  in_transit: "On its way", delivered: "Delivered", cancelled: "Cancelled", expired: "Expired",
};
