/** Which view an address shows: `#/orders?status=processing`, `#/orders/7K2M9QX4TD`, `#/stock`, … */
import { fill, h, hook, say } from "/js/dom.js";
import { fault } from "./parts.js";
import { onSession, signedInAs, signIn, signOut } from "./session.js";
import { field } from "./ask.js";
import { showBoard } from "./board.js";
import { showOrder } from "./order.js";
import { showReviews } from "./reviews.js";
import { showStock } from "./stock.js";
import { showVouchers } from "./vouchers.js";

const VIEWS = { orders: showBoard, stock: showStock, vouchers: showVouchers, reviews: showReviews };
const main = hook("main");
let turn = 0;

function address() {
  const [path, search = ""] = window.location.hash.replace(/^#\/?/, "").split("?");
  const [view, name] = path.split("/").map(decodeURIComponent);
  return { view: VIEWS[view] ? view : "orders", name, search: Object.fromEntries(new URLSearchParams(search)) };
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
      h("option", { value: "staff" }, "Staff"), h("option", { value: "staff admin" }, "Staff and admin"),
      h("option", { value: "" }, "None (a customer)"))),
    said,
    h("button", { class: "button", type: "submit", "data-test": "sign-in-submit" }, "Sign in")));
}

/** Shows what the address names; `redraw` shows it again after a change. A view that was left draws nothing any more. */
async function show() {
  const mine = (turn += 1);
  const { view, name, search } = address();
  showFrame(view);
  if (!signedInAs()) {
    main.inert = false;
    return showDoor();
  }
  main.setAttribute("aria-busy", "true");
  // What stands here is out of date: nobody may act on it any more.
  main.inert = true;
  const draw = (...children) => {
    if (mine === turn) fill(main, ...children);
  };
  try {
    if (view === "orders" && name) await showOrder(draw, name.toUpperCase(), show);
    else await VIEWS[view](draw, search, show);
  } catch (error) {
    draw(fault(error, show));
  }
  if (mine === turn) {
    main.removeAttribute("aria-busy");
    main.inert = false;
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
