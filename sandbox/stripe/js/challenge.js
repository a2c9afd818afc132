// The bank asks its customer. In a dialog of Stripe.js it tells the page; on its own it goes back to the shop.

const find = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const payment_intent = query.get("payment_intent");
const client_secret = query.get("payment_intent_client_secret");
const inDialog = parent !== window;
const buttons = { approve: find("approve"), fail: find("fail") };

const tell = (message) => inDialog && parent.postMessage(message, "*");

function back({ status, return_url }) {
  const url = new URL(return_url ?? "/", location.href);
  url.searchParams.set("payment_intent", payment_intent);
  url.searchParams.set("payment_intent_client_secret", client_secret);
  url.searchParams.set("redirect_status", status === "requires_payment_method" ? "failed" : "succeeded");
  location.assign(url);
}

async function answer(outcome) {
  for (const button of Object.values(buttons)) button.disabled = true;
  try {
    const response = await fetch("challenge", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ payment_intent, client_secret, outcome }),
    });
    const body = await response.json();
    // 409: it is over already, by another window or because the shop canceled it.
    if (response.ok || response.status === 409) {
      if (inDialog) tell({ kind: "answered" });
      else back(body);
      return;
    }
    find("trouble").textContent = body.detail;
  } catch {
    find("trouble").textContent = "The bank does not answer. Try again.";
  }
  for (const button of Object.values(buttons)) button.disabled = false;
}

for (const [outcome, button] of Object.entries(buttons)) button.addEventListener("click", () => answer(outcome));
new ResizeObserver(() => tell({ kind: "height", value: Math.ceil(document.body.getBoundingClientRect().height) })).observe(document.body);

const shown = await fetch(`challenge/${payment_intent}?${new URLSearchParams({ client_secret })}`);
if (shown.ok) {
  const { amount, currency, merchant, last4 } = await shown.json();
  const sum = new Intl.NumberFormat("en", { style: "currency", currency }).format(amount / 100);
  find("what").textContent = `${merchant} asks for ${sum} from your card ending in ${last4}.`;
}
buttons.approve.focus();
