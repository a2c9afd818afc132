/** Writing a voucher. */
import { h } from "/js/dom.js";
import { Failure, write } from "./api.js";
import { ask, check, field } from "./ask.js";
import { minor } from "./words.js";

const CURRENCIES = ["KES", "USD"];
const major = (amount) => (amount === undefined ? "" : String(amount / 100));
/** A moment for an input of this machine's own zone. */
function local(iso) {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function amounts(values, prefix) {
  const written = CURRENCIES.map((currency) => [currency, values[`${prefix}-${currency}`].trim()]).filter(([, text]) => text);
  return Object.fromEntries(written.map(([currency, text]) => {
    const cents = minor(text);
    if (!cents) throw new Failure(`${text} is no amount in ${currency}.`);
    return [currency, cents];
  }));
}

function limit(text, name) {
  if (!text.trim()) return null;
  if (!/^\d{1,9}$/.test(text.trim())) throw new Failure(`${name}: write a whole number, or nothing for no limit.`);
  return Number(text);
}

const moment = (text) => (text ? new Date(text).toISOString() : null);

/** Reads the form: only what its kind can have. */
function read(values, before) {
  return {
    code: values.code.trim().toUpperCase(),
    description: values.description.trim(),
    kind: values.kind,
    percent: values.kind === "percent" ? limit(values.percent, "Percent") : null,
    amounts: values.kind === "fixed" ? amounts(values, "amount") : {},
    currencies: values.kind === "fixed" || !values.currency ? [] : [values.currency],
    minimum_spend: amounts(values, "minimum"),
    valid_from: moment(values.valid_from),
    valid_until: moment(values.valid_until),
    first_order_only: values.first_order_only === "on",
    categories: values.categories.split(",").map((each) => each.trim()).filter(Boolean),
    total_limit: limit(values.total_limit, "Uses"),
    per_customer_limit: limit(values.per_customer_limit, "Uses a customer"),
    shards: before?.shards ?? 1,
    active: before?.active ?? true,
  };
}

const input = (name, value, props = {}) => h("input", { name, value: value ?? "", autocomplete: "off", ...props });
const pair = (label, prefix, of) => h("div", { class: "pair" }, CURRENCIES.map((currency) =>
  field(`${label} (${currency})`, input(`${prefix}-${currency}`, major(of?.[currency]), { inputmode: "decimal" }))));

/** Asks for a voucher and writes it; `before` is the one that is changed, null for a new one. */
export function voucherForm(before) {
  const kind = h("select", { name: "kind" },
    [["percent", "Percent off"], ["fixed", "An amount off"], ["free_shipping", "Free delivery"]].map(([value, label]) =>
      h("option", { value, selected: before?.kind === value }, label)));
  const percent = field("Percent", input("percent", before?.percent, { inputmode: "numeric" }));
  const fixed = pair("Off", "amount", before?.amounts);
  const currency = field("Good in", h("select", { name: "currency" }, h("option", { value: "" }, "Every currency"),
    CURRENCIES.map((each) => h("option", { value: each, selected: before?.currencies.length === 1 && before.currencies[0] === each }, `${each} only`))));
  const fit = () => {
    percent.hidden = kind.value !== "percent";
    fixed.hidden = kind.value !== "fixed";
    currency.hidden = kind.value === "fixed";
  };
  kind.addEventListener("change", fit);
  fit();
  return ask({
    title: before ? `Change ${before.code}` : "New voucher", action: before ? "Change it" : "Open the code",
    text: before ? "Orders that used it keep what they were promised." : null,
    body: [
      field("Code", input("code", before?.code, { maxlength: 32, readonly: Boolean(before), spellcheck: "false" }), "Letters, digits and dashes"),
      field("Description", input("description", before?.description, { maxlength: 120 }), "What buyers read"),
      field("Kind", kind), percent, fixed, currency,
      pair("Least spend", "minimum", before?.minimum_spend),
      h("div", { class: "pair" },
        field("Good from", input("valid_from", local(before?.valid_from), { type: "datetime-local" })),
        field("Good until", input("valid_until", local(before?.valid_until), { type: "datetime-local" })),
        field("Uses", input("total_limit", before?.total_limit, { inputmode: "numeric" }), "Empty: any number"),
        field("Uses a customer", input("per_customer_limit", before?.per_customer_limit, { inputmode: "numeric" }))),
      field("Categories", input("categories", before?.categories.join(", ")), "Slugs with commas; empty for all goods"),
      check("First order only", { name: "first_order_only", checked: before?.first_order_only ?? false, "data-test": "ask-first" }),
    ],
    act: (values, key) => {
      const voucher = read(values, before);
      if (!voucher.code) throw new Failure("Write a code.");
      return write("PUT", `/vouchers/${encodeURIComponent(voucher.code)}`, { voucher, reason: values.reason }, key);
    },
  });
}
