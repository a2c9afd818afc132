// The card form inside its frame: it checks what is typed, and confirms with the API itself.

const find = (id) => document.getElementById(id);
const fields = { number: find("number"), expiry: find("expiry"), cvc: find("cvc") };
const THEMED = new Set([
  "colorPrimary", "colorBackground", "colorText", "colorTextSecondary", "colorDanger", "borderRadius", "fontFamily", "fontSizeBase",
]);
let port = null;
let settings = {};

const digits = (text) => text.replace(/\D/g, "");
const isAmex = () => /^3[47]/.test(digits(fields.number.value));

function luhn(number) {
  const sum = [...number].reverse().reduce((total, digit, place) => {
    const doubled = Number(digit) * (1 + (place % 2));
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function expiry() {
  const typed = digits(fields.expiry.value);
  return { month: Number(typed.slice(0, 2)), year: 2000 + Number(typed.slice(2, 4)), whole: typed.length === 4 };
}

/** What is wrong with each field: [code, message] or null. */
const checks = {
  number() {
    const number = digits(fields.number.value);
    if (number.length < (isAmex() ? 15 : 16)) return ["incomplete_number", "Your card number is incomplete."];
    return luhn(number) ? null : ["invalid_number", "Your card number is invalid."];
  },
  expiry() {
    const { month, year, whole } = expiry();
    const now = new Date();
    if (!whole || month < 1 || month > 12) return ["incomplete_expiry", "Your card's expiration date is incomplete."];
    const past = year < now.getFullYear() || (year === now.getFullYear() && month < now.getMonth() + 1);
    return past ? ["invalid_expiry_year_past", "Your card's expiration date is in the past."] : null;
  },
  cvc() {
    const whole = digits(fields.cvc.value).length === (isAmex() ? 4 : 3);
    return whole ? null : ["incomplete_cvc", "Your card's security code is incomplete."];
  },
};

function show(name, problem) {
  find(`${name}-error`).textContent = problem?.[1] ?? "";
  fields[name].toggleAttribute("aria-invalid", false);
  if (problem) fields[name].setAttribute("aria-invalid", "true");
}

/** Mark every wrong field and go to the first. */
function validate() {
  const wrong = Object.keys(fields).filter((name) => {
    const problem = checks[name]();
    show(name, problem);
    return problem;
  });
  if (!wrong.length) return {};
  fields[wrong[0]].focus();
  const [code, message] = checks[wrong[0]]();
  return { error: { type: "validation_error", code, message } };
}

async function confirm({ clientSecret, billing }) {
  const { month, year } = expiry();
  const form = new URLSearchParams({
    key: settings.key,
    client_secret: clientSecret,
    use_stripe_sdk: "true",
    "payment_method_data[type]": "card",
    "payment_method_data[card][number]": digits(fields.number.value),
    "payment_method_data[card][exp_month]": String(month),
    "payment_method_data[card][exp_year]": String(year),
    "payment_method_data[card][cvc]": digits(fields.cvc.value),
  });
  for (const name of ["name", "email", "phone"]) {
    if (billing?.[name]) form.set(`payment_method_data[billing_details][${name}]`, billing[name]);
  }
  for (const [name, value] of Object.entries(billing?.address ?? {})) {
    if (value) form.set(`payment_method_data[billing_details][address][${name}]`, value);
  }
  const intent = clientSecret.split("_secret_")[0];
  try {
    const response = await fetch(new URL(`payment_intents/${intent}/confirm`, settings.api), { method: "POST", body: form });
    const body = await response.json();
    return response.ok ? { paymentIntent: body } : { error: body.error };
  } catch {
    return { error: { type: "api_connection_error", message: "We could not reach the payment service. Check your connection." } };
  }
}

const work = {
  validate: async () => validate(),
  confirm,
  focus: async () => fields.number.focus(),
  clear: async () => {
    find("card").reset();
    changed();
  },
};

async function asked({ data }) {
  if (!(data.kind in work)) return;
  port.postMessage({ kind: "reply", id: data.id, value: await work[data.kind](data) });
}

function changed() {
  const empty = Object.values(fields).every((field) => !field.value);
  const complete = Object.keys(fields).every((name) => !checks[name]());
  port?.postMessage({ kind: "change", event: { complete, empty, collapsed: false, value: { type: "card" } } });
}

/** Group digits while they are typed, wherever the cursor is. */
function regroup(field, group) {
  const before = digits(field.value.slice(0, field.selectionStart)).length;
  field.value = group(digits(field.value));
  let place = 0;
  for (let seen = 0; seen < before && place < field.value.length; place += 1) {
    if (/\d/.test(field.value[place])) seen += 1;
  }
  field.setSelectionRange(place, place);
}

const grouped = {
  number: (typed) =>
    (/^3[47]/.test(typed) ? typed.slice(0, 15).replace(/^(.{4})(.{0,6})(.*)/, "$1 $2 $3") : typed.slice(0, 19).replace(/(.{4})/g, "$1 ")).trim(),
  expiry(typed) {
    const padded = /^[2-9]/.test(typed) ? `0${typed}` : typed;
    return padded.length > 2 ? `${padded.slice(0, 2)} / ${padded.slice(2, 4)}` : padded;
  },
  cvc: (typed) => typed.slice(0, 4),
};

for (const [name, field] of Object.entries(fields)) {
  field.addEventListener("input", () => {
    regroup(field, grouped[name]);
    if (field.hasAttribute("aria-invalid") && !checks[name]()) show(name, null);
    changed();
  });
  field.addEventListener("blur", () => {
    if (field.value) show(name, checks[name]());
    port?.postMessage({ kind: "blur" });
  });
  field.addEventListener("focus", () => port?.postMessage({ kind: "focus" }));
}
find("card").addEventListener("submit", (event) => event.preventDefault());

function dress({ theme, variables = {} } = {}) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  for (const [name, value] of Object.entries(variables)) {
    if (THEMED.has(name)) root.style.setProperty(`--${name}`, value);
  }
}

addEventListener("message", function opened({ data, ports, source }) {
  if (source !== parent || data?.kind !== "open" || !ports[0]) return;
  removeEventListener("message", opened);
  settings = data;
  port = ports[0];
  port.onmessage = asked;
  dress(data.appearance);
  new ResizeObserver(() => {
    port.postMessage({ kind: "height", value: Math.ceil(document.body.getBoundingClientRect().height) });
  }).observe(document.body);
  port.postMessage({ kind: "ready" });
});
