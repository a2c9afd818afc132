/** Sending goods back: the returns asked for and where they stand, and the form to ask for one. */
import { passes, plainly, Problem, send } from "./api.js";
import { fill, h, say } from "./dom.js";
import { clearFaults, showFaults } from "./fields.js";
import { alone, closeIntent, intentFor, markRefused, markSent } from "./intent.js";
import { unitsText } from "./refund-list.js";

const REASONS = [["damaged", "It arrived damaged"], ["wrong_item", "It is not what I ordered"],
  ["not_as_described", "It is not as described"], ["no_longer_wanted", "I changed my mind"], ["other", "Something else"]];
const STATUS = {
  requested: "asked for; we answer by e-mail within two days",
  approved: "agreed; please send it back as the e-mail says",
  rejected: "not agreed; the e-mail says why",
  received: "received, thank you",
};

/** Units that were sent and are in no return yet: [{sku, name, quantity}]. A rejected return takes none. */
export function returnable({ items, shipments = [], returns = [] }) {
  const left = new Map();
  for (const { items: sent } of shipments) for (const { sku, quantity } of sent) left.set(sku, (left.get(sku) ?? 0) + quantity);
  for (const one of returns) {
    if (one.status === "rejected") continue;
    for (const { sku, quantity } of one.items) left.set(sku, (left.get(sku) ?? 0) - quantity);
  }
  return items.map(({ sku, name }) => ({ sku, name, quantity: left.get(sku) ?? 0 })).filter(({ quantity }) => quantity > 0);
}

function asked(one, order) {
  const to = one.resolution === "credit" ? "for store credit" : "for your money back";
  return h("li", { "data-test": "return", "data-status": one.status },
    h("strong", {}, unitsText(one.items, order)), ` ${to}: ${STATUS[one.status] ?? one.status}.`);
}

/** The section, or null when nothing was sent and nothing returned. `tools`: {email, onDoubt()}. */
export function returnsSection(order, tools) {
  const units = returnable(order);
  const past = order.returns ?? [];
  if (units.length === 0 && past.length === 0) return null;
  return h("section", { class: "sheet", "data-test": "returns" }, h("h2", {}, "Sending something back"),
    past.length > 0 && h("ul", { class: "refunds" }, past.map((one) => asked(one, order))),
    units.length > 0 && h("details", { class: "help", "data-test": "return-open" },
      h("summary", {}, past.length ? "Send back something else" : "I want to send something back"), returnForm(order, units, tools)));
}

function amounts(units) {
  return units.map(({ sku, name, quantity }) => {
    const id = `return-${sku}`;
    return h("div", { class: "give-back" }, h("label", { for: id }, name),
      h("select", { id, name: `units.${sku}`, "data-field": "items", "data-test": `return-${sku}` },
        Array.from({ length: quantity + 1 }, (_, number) => h("option", { value: number }, number === 0 ? "keep" : `${number} of ${quantity}`))));
  });
}

const choice = (name, value, text, note) => h("label", { class: "choice" },
  h("input", { type: "radio", name, value, checked: value === "refund", "data-field": name, "data-test": `${name}-${value}` }),
  h("span", { class: "choice__body" }, h("span", { class: "choice__name" }, text), h("span", { class: "choice__note" }, note)));

function returnForm(order, units, tools) {
  const button = h("button", { type: "submit", class: "button", "data-test": "return-send" }, "Ask to send it back");
  const said = h("div", { role: "status", "data-test": "return-said" });
  const form = h("form", { class: "asking", novalidate: true, "data-test": "return-form" },
    h("fieldset", { class: "choices" }, h("legend", {}, "What goes back?"), amounts(units)),
    h("div", { class: "field" }, h("label", { for: "return-reason" }, "Why?"),
      h("select", { id: "return-reason", name: "reason", "data-field": "reason", "data-test": "return-reason" },
        h("option", { value: "" }, "Choose a reason"), REASONS.map(([value, text]) => h("option", { value }, text)))),
    h("div", { class: "field" }, h("label", { for: "return-note" }, "Anything we should know ", h("span", { class: "soft" }, "(optional)")),
      h("textarea", { id: "return-note", name: "note", rows: 3, maxlength: 500, "data-field": "note", "data-test": "return-note" })),
    h("fieldset", { class: "choices" }, h("legend", {}, "What would you like?"),
      choice("resolution", "refund", "My money back", "The way it was paid"),
      choice("resolution", "credit", "Store credit", "A code by e-mail, to spend here whenever you like")),
    said, button);
  const purpose = `return:${order.number}`;
  let busy = false;

  function request() {
    const items = units.map(({ sku }) => ({ sku, quantity: Number(form.elements[`units.${sku}`].value) })).filter(({ quantity }) => quantity > 0);
    const note = form.elements.note.value.trim();
    return { email: tools.email, items, reason: form.elements.reason.value, resolution: form.elements.resolution.value, ...(note && { note }) };
  }

  async function ask(body) {
    const intent = intentFor(purpose, body);
    markSent(purpose, intent);
    try {
      await send(`/orders/${encodeURIComponent(order.number)}/returns`, body, intent.key,
        (error, tried) => say(said, `${plainly(error)} Asking again (${tried} of 4); it stays one request.`));
      closeIntent(purpose);
      say(said, "Thank you. We have your request and answer by e-mail.");
      tools.onDoubt();
    } catch (error) {
      if (error instanceof Problem && !passes(error)) markRefused(purpose, intent);
      const strays = error instanceof Problem && error.errors.length ? showFaults(form, error.errors) : [plainly(error)];
      fill(said, strays.map((text) => h("p", { class: "refusal" }, text)));
    }
  }

  form.addEventListener("input", (event) => clearFaults(form, event.target));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    const body = request();
    const wrong = [
      body.items.length === 0 && { field: "items", message: "Please choose what goes back." },
      !body.reason && { field: "reason", message: "Please choose a reason." },
    ].filter(Boolean);
    if (wrong.length) {
      showFaults(form, wrong);
      return;
    }
    busy = true;
    button.setAttribute("aria-disabled", "true");
    say(said, "");
    try {
      await alone(purpose, () => ask(body));
    } finally {
      busy = false;
      button.removeAttribute("aria-disabled");
    }
  });
  return form;
}
