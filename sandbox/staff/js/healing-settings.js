/** How far the shop may go by itself: the switch, dry runs, and the bounds of each action. */
import { fill, h, hook, say } from "/js/dom.js";
import { Failure, read, write } from "./api.js";
import { ask, check } from "./ask.js";
import { actionWords } from "./case-words.js";
import { cell, table } from "./parts.js";

const PATH = "/healing/settings";
const SWITCHES = {
  enabled: "The shop repairs by itself", dry_run: "Dry runs only: say what would be done, do nothing",
  model: "A model may propose where the rules have nothing",
};
const MODES = { auto: "By itself", propose: "After approval", off: "Never" };
const LIMITS = { per_item: ["a case", 10], per_run: ["a run", 200], per_day: ["a day", 10_000] };

/** Switches everything on or off, whatever the bounds are by now. */
export const switchHealing = (enabled) => ask({
  title: enabled ? "Switch healing on?" : "Switch healing off?", action: enabled ? "Switch it on" : "Switch it off",
  text: enabled ? "The next run looks at everything that waited." : "From now on nothing is looked at, taken or done. What fails meanwhile stays with the dead letters, and their alarms ring.",
  act: async ({ reason }, key) => {
    const now = await read(PATH);
    // An answer that was lost had done it already.
    return now.enabled === enabled ? now : write("PUT", PATH, { ...now, enabled, reason }, key);
  },
});

const actionRow = ([action, bounds]) => h("tr", { "data-test": "bound", "data-action": action },
  h("th", { scope: "row", class: "wide" }, actionWords(action)),
  cell("How", "wide", h("select", { name: `${action}.mode`, "aria-label": `How: ${actionWords(action)}`, "data-test": `mode-${action}` },
    // Handing over is how people hear of things.
    Object.entries(MODES).filter(([mode]) => action !== "hand_over" || mode === "auto").map(([mode, label]) =>
      h("option", { value: mode, selected: mode === bounds.mode }, label)))),
  Object.entries(LIMITS).map(([name, [label, most]]) => cell(`Most ${label}`, "bound", h("input", {
    name: `${action}.${name}`, value: bounds[name], inputmode: "numeric", maxlength: 5, autocomplete: "off",
    "aria-label": `${actionWords(action)}: most ${label}, 1 to ${most}`, "data-test": `${name}-${action}`,
  }))));

function wholeNumber(form, name, [label, most], action) {
  const text = form.elements[name].value.trim();
  const good = /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= most;
  form.elements[name].setAttribute("aria-invalid", String(!good));
  if (!good) throw Object.assign(new Failure(`${actionWords(action)}: most ${label} is a whole number from 1 to ${most}.`), { place: form.elements[name] });
  return Number(text);
}

/** Reads the form. Throws a Failure that names the place. */
function wanted(form, before) {
  const actions = Object.fromEntries(Object.keys(before.actions).map((action) => [action, {
    mode: form.elements[`${action}.mode`].value,
    ...Object.fromEntries(Object.entries(LIMITS).map(([name, limit]) => [name, wholeNumber(form, `${action}.${name}`, limit, action)])),
  }]));
  const switches = Object.fromEntries(Object.keys(SWITCHES).map((name) => [name, form.elements[name].checked]));
  return { version: before.version, ...switches, actions };
}

/** What differs, a line each. */
function differences(before, after) {
  const yes = (value) => (value ? "yes" : "no");
  return [
    ...Object.entries(SWITCHES).filter(([name]) => before[name] !== after[name]).map(([name, label]) => `${label}: ${yes(before[name])} → ${yes(after[name])}`),
    ...Object.entries(after.actions).flatMap(([action, bounds]) => Object.entries(bounds)
      .filter(([name, value]) => before.actions[action][name] !== value)
      .map(([name, value]) => {
        const [was, is] = [before.actions[action][name], value].map((each) => MODES[each] ?? each);
        return `${actionWords(action)}${name === "mode" ? "" : `, most ${LIMITS[name][0]}`}: ${was} → ${is}`;
      })),
  ];
}

const confirm = (after, list) => ask({
  title: "Change how the shop heals?", action: "Save it",
  body: [h("ul", { class: "effects", "data-test": "differences" }, list.map((each) => h("li", {}, each)))],
  act: async ({ reason }, key) => {
    try {
      return await write("PUT", PATH, { ...after, reason }, key);
    } catch (error) {
      if (error.type !== "settings-changed") throw error;
      return { conflict: error };
    }
  },
});

/** Shows the settings. */
export async function showHealingSettings(draw, redraw) {
  const before = await read(PATH);
  const said = h("div", { role: "alert", "data-test": "settings-said" });
  const tell = (text, ...more) => fill(said, h("div", { class: "notice notice--fault" }, h("p", {}, text), ...more));
  const save = async (event) => {
    event.preventDefault();
    fill(said);
    let after;
    try {
      after = wanted(event.target, before);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      tell(error.message);
      error.place.focus();
      return;
    }
    const list = differences(before, after);
    if (!list.length) {
      tell("Nothing is different from what holds now.");
      return;
    }
    const done = await confirm(after, list);
    if (done?.conflict) {
      const again = h("button", { class: "button button--quiet", type: "button", "data-test": "read-again", onclick: redraw }, "Read what holds now");
      tell(`Somebody else changed the settings meanwhile, so yours were not saved. ${done.conflict.message} What you chose stands below until you do.`, again);
      again.focus();
    } else if (done) {
      say(hook("live"), `Saved. The settings are at version ${done.version} now.`);
      await redraw();
    }
  };
  const columns = [["What"], ["How"], ...Object.values(LIMITS).map(([label]) => [`Most ${label}`])];
  draw(h("a", { href: "#/healing", "data-test": "back" }, "All cases"),
    h("div", { class: "head" }, h("h1", {}, "How the shop heals"),
      h("span", { class: "chip", "data-test": "settings-version" }, `Version ${before.version}`)),
    h("form", { class: "stacked", onsubmit: save, novalidate: true, "data-test": "settings-form" },
      h("fieldset", { class: "sheet switches" }, h("legend", { class: "unseen" }, "Switches"), Object.entries(SWITCHES).map(([name, label]) =>
        check(label, { name, checked: before[name], "data-test": `set-${name}` }))),
      table("bounds", columns, Object.entries(before.actions).map(actionRow)),
      said,
      h("div", { class: "row" }, h("button", { class: "button", type: "submit", "data-test": "save-settings" }, "Save"))));
}
