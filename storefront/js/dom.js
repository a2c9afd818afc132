/** Building the page out of nodes. Text from the API only ever becomes a text node or an attribute, never markup. */

/** An element with attributes, `on<event>` listeners and children; null, undefined and false are left out. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** The element a page marks with data-hook="name". */
export const hook = (name, root = document) => root.querySelector(`[data-hook="${name}"]`);

/** Puts new children in place of the old ones. */
export const fill = (node, ...children) => node.replaceChildren(...children.flat().filter(Boolean));

/** Writes text only when it differs, so that a live region speaks only of what is new. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A picture (the shop's are square) whose place is kept before it arrives; a missing file becomes the shop's own drawing. */
export function picture(image, { eager = false, className = "" } = {}) {
  const missing = new URL("../img/missing.svg", import.meta.url).href;
  return h("img", {
    class: className, width: 800, height: 800, decoding: "async",
    loading: eager ? "eager" : "lazy",
    alt: image?.alt ?? "",
    onerror: (event) => {
      if (event.target.src !== missing) event.target.src = missing;
    },
    src: image?.url ?? missing,
  });
}

/** A message with an optional action, for failures and for empty places. */
export function notice(title, text, action = null, test = "notice") {
  return h("div", { class: "notice", "data-test": test },
    h("h2", { class: "notice__title" }, title),
    text && h("p", {}, text),
    action);
}

/** Date and time in the reader's own zone. */
export function when(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(date);
}
