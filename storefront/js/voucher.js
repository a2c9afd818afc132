/**
 * The voucher field of the checkout. Pressing Apply asks the shop what the code would do; what the shop answers when
 * the order is placed decides. A code that is typed and never applied goes along with the order all the same.
 */
import { call, Problem } from "./api.js";
import { voucherCode } from "./codes.js";
import { hook, say } from "./dom.js";
import { clearFaults, showFaults } from "./fields.js";
import { money } from "./money.js";

const SETTLE = 600;

/**
 * Starts the field. `basis()` gives what a discount depends on ({items, currency, shipping?, customer?}), `onChange()`
 * is called when the discount changed. Returns {discount(currency), asksAgain(), put(code)}.
 */
export function startVoucher(form, { basis, onChange }) {
  const field = form.elements.voucher;
  const button = hook("voucher-button");
  const said = hook("voucher-said");
  let applied = null;
  let round = 0;
  let timer = 0;

  async function ask({ loud }) {
    const code = voucherCode(field.value);
    field.value = code;
    clearTimeout(timer);
    round += 1;
    const mine = round;
    if (!code) {
      set(null, "");
      if (loud) showFaults(form, [{ field: "voucher", message: "Please type the code first." }]);
      return;
    }
    if (loud) say(said, "Asking the shop\u2026");
    try {
      const answer = await call("/vouchers/check", { method: "POST", body: { code, ...basis() }, live: true });
      if (mine === round) set(answer, words(answer));
    } catch (error) {
      if (mine === round) refused(error);
    }
  }

  function words({ description, discount, currency }) {
    const saves = discount > 0 ? `You save ${money(discount, currency)}.` : "It takes nothing off this order yet.";
    return [description && `${description.replace(/\.$/, "")}.`, saves].filter(Boolean).join(" ");
  }

  function refused(error) {
    if (error instanceof Problem && error.status === 422) {
      set(null, "");
      showFaults(form, [{ field: "voucher", message: error.errors[0]?.message ?? error.message }]);
    } else {
      set(null, error.status === 429
        ? "Too many codes tried; please wait a minute. The code still goes along with your order."
        : "We could not ask about the code just now. It still goes along with your order.");
    }
  }

  function set(next, text) {
    applied = next;
    field.readOnly = next !== null;
    if (next) clearFaults(form, field);
    // Removing has a button of its own: a press meant for Apply must not undo what has just been applied.
    say(button, next ? "Applied" : "Apply");
    button.setAttribute("aria-disabled", String(next !== null));
    hook("voucher-remove").hidden = next === null;
    say(said, text);
    onChange();
  }

  function remove() {
    round += 1;
    field.value = "";
    set(null, "");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  button.addEventListener("click", () => applied || ask({ loud: true }));
  hook("voucher-remove").addEventListener("click", remove);
  // Enter in this field applies the code; it must not send the order.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!applied) ask({ loud: true });
  });
  // While the field is still being typed in, an earlier answer no longer speaks of what stands there.
  field.addEventListener("input", () => {
    round += 1;
    if (!applied) say(said, "");
  });

  return {
    /** The applied code's discount in minor units of the currency, delivery's share included; 0 without one. */
    discount: (currency) => (applied?.currency === currency ? applied.discount : 0),
    /** Asks again, after a moment, once what the discount depends on has changed. */
    asksAgain() {
      if (!applied) return;
      clearTimeout(timer);
      timer = setTimeout(() => ask({ loud: false }), SETTLE);
    },
    /** Asks about a code that stood in the field already. */
    begin: () => field.value.trim() && ask({ loud: false }),
  };
}
