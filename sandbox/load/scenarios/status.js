// People who wait: each looks at the page of an order of theirs, again and again.
import { sleep } from "k6";
import { get, summary as handleSummary, TREND } from "./common.js";

export { handleSummary };
export const options = {
  scenarios: { status: { executor: "constant-vus", vus: 6, duration: __ENV.SECONDS + "s" } },
  summaryTrendStats: TREND,
};
const orders = JSON.parse(open(__ENV.DATA));

export default function () {
  const { number, email } = orders[Math.floor(Math.random() * orders.length)];
  get(`/orders/${number}?email=${encodeURIComponent(email)}`);
  sleep(0.1);
}
