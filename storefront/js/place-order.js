/** Sending one checkout: one key for one intent, sent again under that key while nothing is heard. */
import { call, passes, plainly, Problem, query, send } from "./api.js";
import { takeOut } from "./cart.js";
import { spendDraft } from "./fields.js";
import { keepHandover } from "./handover.js";
import { alone, closeIntent, intentFor, markPlaced, markRefused, markSent } from "./intent.js";
import { keepEmail, remember } from "./orders-memory.js";
import { passing, save } from "./storage.js";

const PURPOSE = "checkout";
const SLOW = 7_000;

/**
 * Places the order and remembers it. `onNews(text)` says what is happening. Throws Problem when the shop refused,
 * Unreachable when the outcome is not known (the same press then asks under the same key again).
 */
export function placeOrder(body, details) {
  details.onNews("Placing your order\u2026");
  return alone(PURPOSE, () => place(body, details));
}

async function place(body, { lines, quoted, onNews }) {
  const intent = await currentIntent(body);
  markSent(PURPOSE, intent);
  const slow = setTimeout(() => onNews("Still placing your order. A slow network is fine: please keep this page open."), SLOW);
  try {
    const answer = await send("/checkout", body, intent.key, (error, number) => {
      clearTimeout(slow);
      onNews(`${plainly(error)} Asking again (${number} of 4). It stays one order: you cannot be charged twice.`);
    });
    const { order } = answer;
    const payment = keepHandover(answer.payment);
    markPlaced(PURPOSE, intent, order.number);
    keepEmail(order.number, body.customer.email);
    remember(order.number, {
      email: body.customer.email, phone: body.payment.phone ?? null, total: order.total, currency: order.currency,
      placedAt: order.placed_at, lines, quoted,
    });
    save(passing, `duka.fresh.${order.number}`, { order, payment, refunds: [] });
    takeOut(lines);
    spendDraft();
    return { order, payment };
  } catch (error) {
    if (error instanceof Problem && error.kind === "idempotency-key-reused") closeIntent(PURPOSE);
    else if (error instanceof Problem && !passes(error)) markRefused(PURPOSE, intent);
    throw error;
  } finally {
    clearTimeout(slow);
  }
}

/** The intent of this body; one whose order has already ended is closed, and buying the same again is a new one. */
async function currentIntent(body) {
  const intent = intentFor(PURPOSE, body);
  if (intent.number === null) return intent;
  try {
    const path = `/orders/${encodeURIComponent(intent.number)}${query({ email: body.customer.email })}`;
    const { order } = await call(path, { live: true });
    if (order.status === "pending_payment") return intent;
  } catch {
    return intent;
  }
  closeIntent(PURPOSE);
  return intentFor(PURPOSE, body);
}
