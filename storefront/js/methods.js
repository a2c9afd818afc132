/** The ways to pay: which ones the shop takes for this currency and amount, and why not the others. */
import { query, read } from "./api.js";
import { h, say } from "./dom.js";

const WORDS = {
  mpesa: { name: "M-Pesa", note: "A request appears on your phone; you enter your PIN there." },
  card: { name: "Card", note: "Visa, Mastercard and others, in shillings or dollars." },
};

/** What the shop takes: [{method, available, reason}], for an amount in minor units (null: not known yet); only ways this page knows. */
export async function readMethods(currency, total) {
  const { items } = await read(`/payment-methods${query({ currency, total })}`);
  return items.filter((item) => item.method in WORDS);
}

/** The choice as drawn by a script; the checkout page has the same one in its markup. */
export function methodChoice(chosen) {
  return h("fieldset", { class: "choices field--wide", "data-test": "methods" },
    h("legend", {}, "How do you pay?"),
    Object.entries(WORDS).map(([method, { name, note }]) => h("label", { class: "choice" },
      h("input", { type: "radio", name: "method", value: method, checked: method === chosen, "data-field": "payment.method", "data-test": `method-${method}` }),
      h("span", { class: "choice__body" },
        h("span", { class: "choice__name" }, name),
        h("span", { class: "choice__note", "data-method": method }, note)))));
}

/** The method that is chosen and can be used, or "". */
export const chosenMethod = (form) => form.querySelector("input[name=method]:checked:not(:disabled)")?.value ?? "";

/** Marks what cannot be used, with the reason, and chooses what the buyer wished for, or else the first that can be. */
export function showMethods(form, items, wished) {
  const inputs = [...form.querySelectorAll("input[name=method]")];
  for (const input of inputs) {
    const item = items.find((one) => one.method === input.value);
    const usable = item?.available === true;
    input.disabled = !usable;
    input.closest(".choice").classList.toggle("choice--closed", !usable);
    say(form.querySelector(`[data-method=${input.value}]`), usable ? WORDS[input.value].note : item?.reason ?? "Not offered here.");
  }
  const usable = inputs.filter((input) => !input.disabled);
  const next = usable.find((input) => input.value === wished) ?? usable[0];
  if (next) next.checked = true;
}
