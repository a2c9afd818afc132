/** The checkout form's fields: what they hold, what is wrong with them, and keeping them over a reload. */
import { creditCode, looksLikeCredit, voucherCode } from "./codes.js";
import { h } from "./dom.js";
import { chosenMethod } from "./methods.js";
import { kenyan, reachable } from "./phone.js";
import { load, passing, save } from "./storage.js";

const DRAFT = "duka.draft";
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const text = (form, name) => form.elements[name].value.trim().replace(/\s+/g, " ");

/** Keeps what was typed for this tab, and gives it back after a reload. */
export function keepDraft(form) {
  const draft = load(passing, DRAFT, {});
  for (const [name, value] of Object.entries(draft)) {
    const field = form.elements[name];
    if (field instanceof HTMLElement && field.type !== "radio" && field.value === "") field.value = value;
  }
  form.addEventListener("input", () => save(passing, DRAFT, Object.fromEntries(new FormData(form))));
  return draft;
}

/** The zone that is chosen, or "". */
export const chosenZone = (form) => form.querySelector("input[name=zone]:checked")?.value ?? "";

/** Drops from the draft what was good for one order only. */
export function spendDraft() {
  const { voucher, credit, ...kept } = load(passing, DRAFT, {});
  save(passing, DRAFT, kept);
}

/**
 * The customer, shipping and payment parts of a checkout and its codes, with phones and codes in one spelling and empty
 * parts left out.
 */
export function readForm(form) {
  const zone = chosenZone(form);
  const abroad = zone === "international";
  const address = {
    line1: text(form, "line1"), line2: text(form, "line2"), city: text(form, "city"), region: text(form, "region"),
    postcode: text(form, "postcode"), country: abroad ? form.elements.country.value : "KE",
  };
  for (const name of ["line2", "region", "postcode"]) if (address[name] === "") delete address[name];
  return {
    customer: {
      name: text(form, "name"), email: text(form, "email"),
      phone: reachable(text(form, "phone")) ?? text(form, "phone"),
    },
    shipping: { zone, address },
    payment: readPayment(form),
    voucher: voucherCode(text(form, "voucher")) || undefined,
    credit: creditCode(text(form, "credit")) || undefined,
  };
}

/** The chosen way to pay; M-Pesa's has the phone that pays. */
export function readPayment(form) {
  const method = chosenMethod(form);
  return method === "mpesa" ? { method, phone: kenyan(text(form, "mpesa")) ?? text(form, "mpesa") } : { method };
}

/** What can be seen to be wrong without asking the shop: [{field, message}]. */
export function faults({ customer, shipping, payment, credit }) {
  const { address } = shipping;
  const found = [
    [!customer.name, "customer.name", "Please give your name."],
    [!EMAIL.test(customer.email), "customer.email", "Please give an e-mail address, like name@example.com."],
    [!reachable(customer.phone), "customer.phone", "Please give a phone number, like 0712 345 678."],
    [!shipping.zone, "shipping.zone", "Please choose where it goes."],
    [!address.line1, "shipping.address.line1", "Please give a street, estate or landmark."],
    [!address.city, "shipping.address.city", "Please give a town or city."],
    [!address.country, "shipping.address.country", "Please choose a country."],
    [credit && !looksLikeCredit(credit), "credit", "A store-credit code has 20 letters and digits; it is in the e-mail about your return."],
    [payment.method === "mpesa" && !kenyan(payment.phone), "payment.phone", "M-Pesa needs a Kenyan number, like 0712 345 678 or 0110 345 678."],
  ];
  return found.filter(([wrong]) => wrong).map(([, field, message]) => ({ field, message }));
}

const fieldsOf = (form, field) => [...form.querySelectorAll("[data-field]")].filter((one) => one.dataset.field === field);
const holderOf = (input) => input.closest(".field") ?? input.closest("fieldset");

/** Takes away one field's message, or every message. */
export function clearFaults(form, only = null) {
  for (const message of form.querySelectorAll(".field__fault")) {
    const holder = message.parentElement;
    const inputs = [...holder.querySelectorAll("[data-field]")];
    if (only && !inputs.includes(only)) continue;
    for (const input of inputs) {
      input.removeAttribute("aria-invalid");
      const rest = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== message.id);
      if (rest.length) input.setAttribute("aria-describedby", rest.join(" "));
      else input.removeAttribute("aria-describedby");
    }
    message.remove();
  }
}

/** Shows each message at its field and goes to the first; returns those that belong to no field here. */
export function showFaults(form, errors) {
  clearFaults(form);
  const strays = [];
  let first = null;
  for (const { field, message } of errors) {
    const inputs = fieldsOf(form, field);
    if (inputs.length === 0) {
      strays.push(message);
      continue;
    }
    const id = `fault-${field.replaceAll(".", "-")}`;
    for (const input of inputs) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
    }
    holderOf(inputs[0]).append(h("p", { class: "field__fault", id, "data-test": `fault-${field}` }, message));
    first ??= inputs[0];
  }
  if (first) {
    holderOf(first).scrollIntoView({ block: "center" });
    first.focus({ preventScroll: true });
  }
  return strays;
}
