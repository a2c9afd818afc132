/** JSON in the browser's storage; where the browser refuses (private mode, full), memory holds it for this page. */

const memory = new Map();

/** The stored value, or `otherwise` when there is none or it cannot be read. */
export function load(area, name, otherwise) {
  try {
    const text = area().getItem(name);
    if (text !== null) return JSON.parse(text);
  } catch {
    /* refused or not JSON: memory may know */
  }
  return memory.has(name) ? memory.get(name) : otherwise;
}

/** Stores a value; null removes it. */
export function save(area, name, value) {
  if (value === null) memory.delete(name);
  else memory.set(name, value);
  try {
    if (value === null) area().removeItem(name);
    else area().setItem(name, JSON.stringify(value));
  } catch {
    /* refused: memory holds it until the page is left */
  }
}

/** Kept until cleared, shared by tabs. A function, since merely naming it may throw. */
export const lasting = () => window.localStorage;

/** Kept for this tab only. */
export const passing = () => window.sessionStorage;
