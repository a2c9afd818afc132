/** Which view an address shows: `#/orders?status=processing`, `#/orders/7K2M9QX4TD`, `#/stock`, … */
import { decoded } from "/js/address.js";
import { fill, h, hook, say } from "/js/dom.js";
import { fault } from "./parts.js";
import { onSession, signedInAs, signIn, signOut } from "./session.js";
import { field } from "./ask.js";
import { showAudit } from "./audit.js";
import { showBoard } from "./board.js";
import { showCase } from "./case.js";
import { showCases, showPreview } from "./healing.js";
import { showHealingSettings } from "./healing-settings.js";
import { showOrder } from "./order.js";
import { showReviews } from "./reviews.js";
import { showSecurity, showSecurityEvent } from "./security.js";
import { showStock } from "./stock.js";
import { showVouchers } from "./vouchers.js";
import "./second-factor.js";

const VIEWS = {
  orders: showBoard, stock: showStock, vouchers: showVouchers, reviews: showReviews,
  healing: showCases, security: showSecurity, audit: showAudit,
};
/** What shows one thing of a view, by its name. */
const ONE = {
  orders: (draw, name, redraw) => showOrder(draw, name.toUpperCase(), redraw),
  healing: (draw, name, redraw) => (name === "settings" ? showHealingSettings(draw, redraw)
    : name === "preview" ? showPreview(draw, redraw) : showCase(draw, name, redraw)),
  security: showSecurityEvent,
};
/** What it takes to see a view, as the shop names its permissions; said to those whom it refuses. */
const TAKES = {
  orders: "orders.read", stock: "stock.read", vouchers: "vouchers.read", reviews: "reviews.moderate",
  healing: "healing.read", security: "security.read", audit: "audit.read",
};
const main = hook("main");
let turn = 0;
/** The address that is shown. */
let shown = null;

function address() {
  const [path, search = ""] = window.location.hash.replace(/^#\/?/, "").split("?");
  const [view, name] = path.split("/").map(decoded);
  return { view: Object.hasOwn(VIEWS, view) ? view : "orders", name, search: Object.fromEntries(new URLSearchParams(search)) };
}

function showFrame(view) {
  const who = signedInAs();
  hook("tabs").hidden = hook("who").hidden = !who;
  say(hook("email"), who ?? "");
  for (const tab of hook("tabs").children) {
    if (tab.getAttribute("href") === `#/${view}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

function showDoor() {
  const said = h("p", { class: "ask__said", role: "alert", "data-test": "sign-in-error" });
  const enter = async (event) => {
    event.preventDefault();
    const values = new FormData(event.target);
    try {
      await signIn(String(values.get("email")).trim(), String(values.get("role")).split(" ").filter(Boolean));
    } catch (error) {
      said.textContent = error.message;
    }
  };
  fill(main, h("form", { class: "sheet enter", onsubmit: enter, novalidate: true, "data-test": "sign-in" },
    h("h1", {}, "Staff sign-in"),
    h("p", { class: "soft" }, "Development only: the issuer of this machine vouches for anybody."),
    field("E-mail", h("input", {
      name: "email", type: "email", value: "baraka@salama.test", autocomplete: "username", required: true, "data-test": "sign-in-email",
    })),
    field("Role", h("select", { name: "role", "data-test": "sign-in-role" },
      h("option", { value: "admin" }, "Admin: everything"), h("option", { value: "support" }, "Support"),
      h("option", { value: "finance" }, "Finance"), h("option", { value: "agent" }, "Agent: parcels and stock"),
      h("option", { value: "vendor" }, "Vendor: catalogue and stock"),
      h("option", { value: "customer" }, "Customer"), h("option", { value: "" }, "None"))),
    said,
    h("button", { class: "button", type: "submit", "data-test": "sign-in-submit" }, "Sign in")));
}

/** Puts the keyboard back where it was before a view was drawn anew, else to the view's beginning. */
function focusAgain(held) {
  if (document.activeElement !== document.body) return;
  const same = held ? main.querySelectorAll(`[data-test="${CSS.escape(held)}"]`) : [];
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  (same.length === 1 ? same[0] : heading ?? main).focus({ preventScroll: true });
}

/** Shows what the address names; `redraw` shows it again after a change. A view that was left draws nothing any more. */
async function show() {
  const mine = (turn += 1);
  const { view, name, search } = address();
  showFrame(view);
  if (!signedInAs()) {
    main.inert = false;
    shown = null;
    return showDoor();
  }
  const again = shown === window.location.hash;
  const first = shown === null;
  const held = again && main.contains(document.activeElement) ? document.activeElement.dataset.test : null;
  shown = window.location.hash;
  main.setAttribute("aria-busy", "true");
  if (!again) fill(main, h("p", { class: "soft", "data-test": "loading" }, "Loading…"));
  // What stands here is out of date: nobody may act on it any more.
  main.inert = true;
  const draw = (...children) => {
    if (mine === turn) fill(main, ...children);
  };
  try {
    if (name && Object.hasOwn(ONE, view)) await ONE[view](draw, name, show);
    else await VIEWS[view](draw, search, show);
  } catch (error) {
    draw(fault(error, show, TAKES[view]));
  }
  if (mine === turn) {
    main.removeAttribute("aria-busy");
    main.inert = false;
    if (!first) focusAgain(held);
  }
  return undefined;
}

hook("sign-out").addEventListener("click", signOut);
window.addEventListener("hashchange", () => {
  show();
  window.scrollTo(0, 0);
});
onSession(show);
show();
