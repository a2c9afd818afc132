/** On the cart page: the cart that another device saved, offered. */
import { plainly } from "./api.js";
import { fill, h } from "./dom.js";
import { keepThis, meetSavedCart, takeSaved } from "./saved-cart.js";

/** Fills `place` with the offer when there is one. */
export async function showOffer(place) {
  try {
    const saved = await meetSavedCart();
    fill(place, saved && offer(place, saved));
  } catch {
    fill(place);
  }
}

function offer(place, saved) {
  const pieces = saved.items.reduce((sum, { quantity }) => sum + quantity, 0);
  const said = h("p", { role: "status" });
  let busy = false;
  const press = (work) => async () => {
    if (busy) return;
    busy = true;
    try {
      const gone = await work(saved);
      fill(place, gone > 0 && h("p", { class: "offer", role: "status" }, `${gone} of them ${gone === 1 ? "is" : "are"} no longer sold.`));
    } catch (error) {
      fill(said, plainly(error));
      busy = false;
    }
  };
  return h("section", { class: "offer", "data-test": "saved-cart", "aria-label": "Saved cart" },
    h("p", {}, h("strong", {}, `You saved a cart with ${pieces} ${pieces === 1 ? "piece" : "pieces"} on another device.`)),
    h("div", { class: "refusal__actions" },
      h("button", { type: "button", class: "button", "data-test": "saved-cart-add", onclick: press(takeSaved) }, "Add them here"),
      h("button", { type: "button", class: "button button--quiet", "data-test": "saved-cart-keep", onclick: press(keepThis) }, "Keep only this cart")),
    said);
}
