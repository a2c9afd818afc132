// What all scenarios share: who asks, what an answer counts as, and where the summary goes.
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";

export const API = __ENV.API;
export const JSON_BODY = { "content-type": "application/json" };
const KNOWN = { "x-client-key": __ENV.CLIENT_KEY };

// Every answer is one of these; "unexpected" and "failed" must stay empty.
const kinds = {};
for (const kind of ["ok", "sold_out", "refused", "slowed_down", "busy", "failed", "unexpected"]) {
  kinds[kind] = new Counter(`answers_${kind}`);
}
const wait = new Trend("answer_ms", true);

// The right refusals of a scenario: status -> kind. Others are unexpected.
export function judge(response, right = {}) {
  const status = response.status;
  let kind = "unexpected";
  if (status >= 200 && status < 300) kind = "ok";
  else if (right[status]) kind = right[status];
  else if (status === 429) kind = "slowed_down";
  else if (status === 503 && response.headers["Retry-After"]) kind = "busy";
  else if (status === 0 || status >= 500) kind = "failed";
  kinds[kind].add(1);
  wait.add(response.timings.duration);
  if (kind === "failed" || kind === "unexpected") {
    console.error(`${response.request.method} ${response.request.url.split("?")[0]}: ${status} ${response.body || response.error}`);
  }
  return kind;
}

export function get(path, right) {
  const response = http.get(`${API}${path}`, { headers: KNOWN });
  judge(response, right);
  return response;
}

export function uuid() {
  const hex = () => Math.floor(Math.random() * 16).toString(16);
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, hex);
}

// A buyer of their own for each order; the number that pays decides how the story goes.
export function buyer(pays) {
  const name = uuid();
  const own = `+2547${String(Math.floor(Math.random() * 1e8)).padStart(8, "0")}`;
  return { email: `load-${name}@example.com`, phone: own, pays };
}

export function order(sku, who, key = uuid()) {
  const body = {
    items: [{ sku, quantity: 1 }],
    currency: "KES",
    customer: { name: "Load Buyer", email: who.email, phone: who.phone },
    shipping: { zone: "nairobi_metro", address: { line1: "Moi Avenue 1", city: "Nairobi", country: "KE" } },
    payment: { method: "mpesa", phone: who.pays },
  };
  const headers = { ...KNOWN, ...JSON_BODY, "idempotency-key": key };
  const response = http.post(`${API}/checkout`, JSON.stringify(body), { headers });
  judge(response, { 409: "sold_out" });
  return response;
}

export function summary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data) };
}

export const TREND = ["med", "p(95)", "p(99)", "max"];
