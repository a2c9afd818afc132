// A storm of callbacks: genuine ones, each many times over and two at once; contradictions; guessed tokens.
import http from "k6/http";
import { API, JSON_BODY, judge, summary as handleSummary, TREND, uuid } from "./common.js";

export { handleSummary };
export const options = {
  scenarios: {
    callbacks: { executor: "shared-iterations", vus: 10, iterations: Number(__ENV.STORM), maxDuration: "60s" },
  },
  summaryTrendStats: TREND,
};
const genuine = JSON.parse(open(__ENV.DATA));
const params = { headers: JSON_BODY };

export default function () {
  const { url, body } = genuine[Math.floor(Math.random() * genuine.length)];
  for (const response of http.batch([["POST", url, body, params], ["POST", url, body, params]])) judge(response);
  // The same token, and another story: whoever knows the address says that the buyer cancelled.
  const told = JSON.parse(body);
  told.Body.stkCallback = {
    MerchantRequestID: told.Body.stkCallback.MerchantRequestID,
    CheckoutRequestID: told.Body.stkCallback.CheckoutRequestID,
    ResultCode: 1032,
    ResultDesc: "Request cancelled by user",
  };
  judge(http.post(url, JSON.stringify(told), params));
  const guessed = `${API}/hooks/stk/${uuid().replace(/-/g, "")}`;
  judge(http.post(guessed, body, params), { 404: "refused" });
}
