// The phone: shows the prompt of the number you hold (or of any number), and the messages it received.
import { clock, element, normalPhone, read, repeat, send, shownPhone } from "./common.js";

const find = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get("phone");

let held = asked ? normalPhone(asked) : remembered();
let shown = null; // the prompt on the screen
let away = new Set(); // prompts the holder has put away
let skew = 0; // the simulator's clock minus ours, in milliseconds
let lastMessages = "";

function remembered() {
  try {
    return localStorage.getItem("sandbox.phone") ?? "";
  } catch {
    return "";
  }
}

function hold(number) {
  held = normalPhone(number);
  try {
    localStorage.setItem("sandbox.phone", held);
  } catch {
    // A browser without storage only forgets the number.
  }
  find("number").value = held;
  find("holder").textContent = held ? shownPhone(held) : "Any phone";
  lastMessages = "";
}

const secondsLeft = (prompt) => (Date.parse(prompt.closes_at) - Date.now() - skew) / 1000;

function showPrompt(prompt) {
  if (shown?.id === prompt?.id) return;
  shown = prompt;
  find("shade").hidden = !prompt;
  if (!prompt) {
    find("announce").textContent = "";
    return;
  }
  find("to").textContent = `M-PESA · ${shownPhone(prompt.phone)}`;
  find("ask").textContent = prompt.text.replaceAll("M-PESA", "M\u2011PESA");
  find("pin").value = "";
  find("announce").textContent = `Payment prompt: ${prompt.text}`;
  find("pin").focus({ preventScroll: true });
}

function tick() {
  find("time").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (!shown) return;
  const left = Math.max(0, secondsLeft(shown));
  const whole = (Date.parse(shown.closes_at) - Date.parse(shown.accepted_at)) / 1000;
  find("left").style.width = `${Math.min(100, (left / whole) * 100)}%`;
  find("left").classList.toggle("soon", left < whole / 4);
  find("seconds").textContent = `rings out in ${Math.ceil(left)} s`;
}

async function lookForPrompts() {
  const answer = await read(`/prompts?phone=${encodeURIComponent(held)}`);
  skew = Date.parse(answer.now) - Date.now();
  const open = answer.items.filter((prompt) => prompt.story === null);
  showPrompt(open.find((prompt) => !away.has(prompt.id)) ?? null);
  const ringing = open.find((prompt) => away.has(prompt.id));
  find("waiting").hidden = !ringing || Boolean(shown);
  if (ringing) find("waiting").textContent = `Ringing, unanswered: ${Math.ceil(secondsLeft(ringing))} s left`;
  const playing = answer.items.filter((prompt) => prompt.story !== null);
  find("playing").textContent = playing.map((one) => `${shownPhone(one.phone)} is playing “${one.story}”.`).join(" ");
}

async function lookForMessages() {
  const { items } = await read(`/messages?phone=${encodeURIComponent(held)}`);
  const now = JSON.stringify(items);
  if (now === lastMessages) return;
  lastMessages = now;
  find("messages").replaceChildren(
    ...items.map((sms) =>
      element(
        "li",
        { class: `sms ${sms.kind}` },
        element("p", {}, element("span", {}, `M-PESA · ${shownPhone(sms.phone)}`), element("time", {}, clock(sms.at))),
        element("p", {}, sms.text),
      ),
    ),
  );
  find("empty").hidden = items.length > 0;
}

async function decide(action, pin = "") {
  const prompt = shown;
  if (!prompt) return;
  if (action === "ignore") away.add(prompt.id);
  try {
    await send(`/prompts/${encodeURIComponent(prompt.id)}`, { action, pin });
    showPrompt(null);
    await lookForMessages();
  } catch (error) {
    find("trouble").textContent = error.message;
  }
}

const press = (key) => () => {
  const pin = find("pin");
  if (key === "⌫") pin.value = pin.value.slice(0, -1);
  else if (pin.value.length < pin.maxLength) pin.value += key;
};

for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "⌫"]) {
  const label = key === "⌫" ? "Delete" : key;
  find("keys").append(
    key ? element("button", { type: "button", "aria-label": label, onclick: press(key) }, key) : element("span"),
  );
}
// A tap on the keypad leaves the focus in the PIN field, so that typing and tapping mix.
find("keys").addEventListener("mousedown", (event) => event.preventDefault());
find("prompt").addEventListener("submit", (event) => {
  event.preventDefault();
  if (find("pin").value) decide("pay", find("pin").value);
  else find("pin").focus();
});
find("cancel").addEventListener("click", () => decide("cancel"));
find("ignore").addEventListener("click", () => decide("ignore"));
find("choose").addEventListener("submit", (event) => {
  event.preventDefault();
  hold(find("number").value);
});

const failed = (error) => {
  find("trouble").textContent = error ? `The simulator does not answer: ${error.message}` : "";
};
async function lookAtSetup() {
  const [state, pushes] = await Promise.all([read("/state"), read("/pushes")]);
  find("right").textContent = state.right_pin;
  const phones = [...new Set(pushes.items.filter((one) => one.story === null).map((one) => one.phone))].slice(0, 20);
  find("known").replaceChildren(...phones.map((phone) => element("option", { value: phone })));
}

hold(held);
setInterval(tick, 200);
repeat(lookForPrompts, 600, failed);
repeat(lookForMessages, 1500, failed);
repeat(lookAtSetup, 10000, failed);
