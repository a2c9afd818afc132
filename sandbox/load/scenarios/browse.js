// People who look around: the shelf, a product, what delivery costs, which ways to pay there are.
import { sleep } from "k6";
import { get, summary as handleSummary, TREND } from "./common.js";

export { handleSummary };
export const options = {
  scenarios: { browse: { executor: "constant-vus", vus: 6, duration: __ENV.SECONDS + "s" } },
  summaryTrendStats: TREND,
};

export default function () {
  const shelf = get("/products?limit=20").json("items");
  const product = shelf[Math.floor(Math.random() * shelf.length)];
  get(`/products/${product.slug}`);
  get("/shipping-quotes?currency=KES&zone=nairobi_metro");
  get("/payment-methods?currency=KES&total=650000");
  sleep(0.1);
}
