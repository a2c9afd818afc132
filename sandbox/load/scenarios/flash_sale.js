// A flash sale: many more buyers than units, all for one SKU.
import { buyer, order, summary as handleSummary, TREND } from "./common.js";

export { handleSummary };
export const options = {
  scenarios: {
    flash_sale: { executor: "shared-iterations", vus: 12, iterations: Number(__ENV.BUYERS), maxDuration: "90s" },
  },
  summaryTrendStats: TREND,
};

export default function () {
  order(__ENV.SKU, buyer(__ENV.PAYS));
}
