/** The payment panel: drawn again only when there is something new to say, and then said aloud once. */
import { cardPhase, cardSign } from "./card-panel.js";
import { fill, h, hook, say } from "./dom.js";
import { money } from "./money.js";
import { remembered } from "./orders-memory.js";
import { stateOf } from "./order-state.js";
import { panelFor } from "./panels.js";
import { refundList } from "./refund-list.js";

function totalChanged({ order }) {
  const quoted = remembered(order.number)?.quoted;
  const due = order.due ?? order.total;
  return Number.isInteger(quoted) && quoted !== due && h("p", { class: "panel__changed", "data-test": "total-changed" },
    `Prices changed while you were ordering: to pay is ${money(due, order.currency)}, not ${money(quoted, order.currency)}. If that is not right, leave it unpaid and the order ends by itself.`);
}

/** Whether the panel holds, or is about to hold, the form for a card. */
const takesCard = (view) => stateOf(view) === "pending" && view.payment?.method === "card";

function signOf(view) {
  if (takesCard(view)) return ["card", ...cardSign(view)];
  const { id, message, receipt, retry_allowed: allowed, retry_after: after } = view.payment ?? {};
  return [view.order.number, view.order.status, view.order.reserved_until, stateOf(view), id, message, receipt, allowed, after, view.refunds];
}

let drawn = "";

/** Draws the panel. `tools` go to whatever form it holds. */
export function showPanel(place, view, tools) {
  const sign = JSON.stringify(signOf(view));
  if (sign === drawn) return;
  drawn = sign;
  const state = stateOf(view);
  const { art, title, text, more = [] } = panelFor(state, view, tools);
  place.dataset.state = state;
  place.dataset.phase = takesCard(view) ? cardPhase(view) : "";
  place.hidden = false;
  fill(place,
    h("img", { class: "panel__art", src: `img/${art}.svg`, alt: "", width: 120, height: 120 }),
    h("div", { class: "panel__body" },
      h("h2", { class: "panel__title", "data-test": "panel-title" }, title),
      h("p", { class: "panel__text", "data-test": "panel-text" }, text),
      state === "pending" && totalChanged(view),
      more,
      refundList(view)));
  say(hook("live"), `${title}. ${place.querySelector(".panel__text").textContent}`);
}
