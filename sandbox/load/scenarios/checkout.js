// People who buy and pay: an order, the prompt, the PIN, and the status page until it says paid.
import { sleep } from "k6";
import { Counter, Trend } from "k6/metrics";
import { buyer, get, order, summary as handleSummary, TREND } from "./common.js";

export { handleSummary };
export const options = {
  scenarios: {
    checkout: { executor: "shared-iterations", vus: 5, iterations: Number(__ENV.ORDERS), maxDuration: "90s" },
  },
  summaryTrendStats: TREND,
};
const paid = new Counter("orders_paid");
const untilPaid = new Trend("until_paid_ms", true);

export default function () {
  const who = buyer(__ENV.PAYS);
  const placed = order(__ENV.SKU, who);
  if (placed.status !== 201) return;
  const number = placed.json("order.number");
  const began = Date.now();
  while (Date.now() - began < 60_000) {
    sleep(0.5);
    const seen = get(`/orders/${number}?email=${encodeURIComponent(who.email)}`);
    if (seen.status === 200 && seen.json("payment.status") === "paid") {
      paid.add(1);
      untilPaid.add(Date.now() - began);
      return;
    }
  }
}
