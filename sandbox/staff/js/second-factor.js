/** The second factor: asks for the authenticator app's code, and sets an app up where there is none. */
import { h } from "/js/dom.js";
import { Failure, onSecondFactor, read, send } from "./api.js";
import { ask, field } from "./ask.js";

const SIX = /^\d{6}$/;
const codeField = (hint) => field("Code", h("input", {
  name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 6, spellcheck: "false", "data-test": "code-value",
}), hint);

function sixDigits(values) {
  const code = values.code.replace(/\s/g, "");
  if (!SIX.test(code)) throw new Failure("A code has six digits.", { fields: [{ field: "code", message: "Six digits." }] });
  return code;
}

/** Shows the new secret once; it counts when the app's first code was sent. */
async function setUp() {
  const made = await send("POST", "/second-factor", undefined);
  return ask({
    name: "code", reason: false, title: "Set up your authenticator app", action: "It shows a code",
    text: "What moves money takes a code of an app on your phone. Add this account to it, by the key or by the address; the key is not shown again.",
    body: [
      h("dl", { class: "facts" }, h("dt", {}, "Key"), h("dd", {}, h("code", { "data-test": "second-factor-secret" }, made.secret)),
        h("dt", {}, "Address"), h("dd", {}, h("code", {}, made.uri))),
      codeField("The code that the app shows now"),
    ],
    act: async (values) => {
      await send("POST", "/second-factor/confirm", { code: sixDigits(values) });
      return true;
    },
  });
}

/** Resolves with a code, or with null when the person gives up. */
async function askForCode(refusal) {
  const { enrolled } = await read("/second-factor");
  const first = !enrolled;
  if (first && !(await setUp())) return null;
  return ask({
    name: "code", reason: false, title: "Your code", action: "Go on",
    said: refusal.type === "second-factor-wrong" ? refusal.message : "",
    text: first ? "Your app is set up. Its first code is used up: type the next one." : "This moves money. Type your authenticator app's present code.",
    body: [codeField("Each code is good for one thing")],
    act: async (values) => sixDigits(values),
  });
}

onSecondFactor(askForCode);
