/** The dialogs: what will happen, what must be known for it, why; and what the shop said when it would not. */
import { h } from "/js/dom.js";
import { freshKey } from "./api.js";

let count = 0;

/** A labelled control; `name` is its member of the form's values. */
export function field(label, control, hint = null) {
  const id = `ask-${(count += 1)}`;
  control.id = id;
  const name = control.getAttribute("name");
  if (!control.hasAttribute("data-test")) control.setAttribute("data-test", `ask-${name}`);
  return h("div", { class: "field" }, h("label", { for: id }, label), control,
    hint && h("span", { class: "field__hint" }, hint),
    h("span", { class: "field__fault", "data-fault": name }));
}

/** A checkbox or radio with its words. */
export const check = (label, props) => h("label", { class: "check" }, h("input", { type: "checkbox", ...props }), label);

const reasonField = () => field("Reason", h("textarea", {
  name: "reason", required: true, minlength: 3, maxlength: 500, rows: 2, placeholder: "It stays in the trail for good",
}));

function showFaults(form, fields) {
  for (const place of form.querySelectorAll("[data-fault]")) {
    const fault = fields.find((one) => one.field === place.dataset.fault);
    place.textContent = fault?.message ?? "";
    form.elements[place.dataset.fault]?.setAttribute?.("aria-invalid", String(Boolean(fault)));
  }
}

/**
 * Asks, and does `act(values, key, form)` when confirmed; the key stays the same however often the button is pressed.
 * Resolves with what `act` returned, or null when given up. What `act` throws is shown, and the dialog stays open.
 * `name` says which of the page's dialogs it is: one may stand over the other.
 */
export function ask({ title, text, body = [], action, act, reason = true, name = "ask", said: before = "" }) {
  const dialog = document.querySelector(`[data-hook="${name}"]`);
  const key = freshKey();
  const said = h("p", { class: "ask__said", role: "alert", "data-test": `${name}-error` }, before);
  const confirm = h("button", { class: "button", type: "submit", "data-test": `${name}-confirm` }, action);
  const form = h("form", { method: "dialog", novalidate: true, "data-test": `${name}-form` },
    h("h2", { id: `${name}-title`, "data-test": `${name}-title` }, title),
    text && h("p", { class: "soft" }, text),
    ...body,
    reason && reasonField(),
    said,
    h("div", { class: "row" }, confirm,
      h("button", { class: "button button--quiet", type: "button", "data-test": `${name}-cancel`, onclick: () => dialog.close() }, "Not now")));
  return new Promise((resolve) => {
    let result = null;
    let busy = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      const values = Object.fromEntries(new FormData(form));
      if (reason && values.reason.trim().length < 3) {
        showFaults(form, [{ field: "reason", message: "Say why, in a few words." }]);
        form.elements.reason.focus();
        return;
      }
      busy = true;
      confirm.setAttribute("aria-busy", "true");
      said.textContent = "";
      showFaults(form, []);
      try {
        result = await act({ ...values, reason: values.reason?.trim() }, key, form);
        dialog.close();
      } catch (error) {
        said.textContent = error.message;
        showFaults(form, error.fields ?? []);
      } finally {
        busy = false;
        confirm.removeAttribute("aria-busy");
      }
    });
    dialog.replaceChildren(form);
    dialog.addEventListener("close", () => {
      // What was typed or shown here stays nowhere.
      dialog.replaceChildren();
      resolve(result);
    }, { once: true });
    dialog.showModal();
    form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
}
