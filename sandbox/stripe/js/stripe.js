// A stand-in for Stripe.js: the part of its interface a shop needs for the Payment Element with cards.
// The card form and the bank's challenge are frames of their own, so card data never enters the shop's page.
(() => {
  "use strict";
  const home = new URL(".", document.currentScript.src);
  const api = new URL("../../v1/", home);
  let frames = 0;

  const failure = (type, message, more = {}) => ({ error: { type, message, ...more } });

  /** One call of the API with the publishable key: {paymentIntent} or {error}, never a rejection. */
  async function call(method, path, form) {
    const query = new URLSearchParams(form);
    const url = new URL(path, api);
    if (method === "GET") url.search = query;
    try {
      const response = await fetch(url, method === "GET" ? {} : { method, body: query });
      const body = await response.json();
      return response.ok ? { paymentIntent: body } : { error: body.error };
    } catch {
      return failure("api_connection_error", "We could not reach the payment service. Check your connection.");
    }
  }

  const intentOf = (secret) => String(secret).split("_secret_")[0];

  /** A frame that fills its place; its height follows its content. */
  function frame(name, title) {
    frames += 1;
    const node = document.createElement("iframe");
    Object.assign(node, { src: new URL(name, home).href, title, name: `__privateStripeFrame${frames}` });
    Object.assign(node.style, { display: "block", width: "100%", border: "0", overflow: "hidden", colorScheme: "normal" });
    return node;
  }

  /** The Payment Element. */
  function paymentElement(group) {
    const listeners = new Map();
    const replies = new Map();
    let node = null;
    let port = null;
    let serial = 0;
    let opened = () => {};
    let ready = new Promise((resolve) => (opened = resolve));
    const tell = (name, event) => (listeners.get(name) ?? []).forEach((listener) => listener(event));

    function heard({ data }) {
      if (data.kind === "height") node.style.height = `${data.value}px`;
      else if (data.kind === "reply") {
        replies.get(data.id)?.(data.value);
        replies.delete(data.id);
      } else {
        if (data.kind === "ready") opened();
        tell(data.kind, { elementType: "payment", ...data.event });
      }
    }

    const element = {
      mount(place) {
        const host = typeof place === "string" ? document.querySelector(place) : place;
        if (!host) throw new Error(`The selector you specified (${place}) applies to no DOM elements.`);
        node = frame("card.html", "Secure card payment");
        node.style.height = "14rem";
        node.addEventListener("load", () => {
          const channel = new MessageChannel();
          port = channel.port1;
          port.onmessage = heard;
          const { clientSecret, appearance } = group.settings;
          const opening = { kind: "open", key: group.key, clientSecret, appearance, api: api.href };
          node.contentWindow.postMessage(opening, home.origin, [channel.port2]);
        });
        node.addEventListener("error", () => tell("loaderror", failure("api_connection_error", "Not loaded.")));
        host.replaceChildren(node);
        return element;
      },
      on(name, listener) {
        listeners.set(name, [...(listeners.get(name) ?? []), listener]);
        return element;
      },
      off(name, listener) {
        listeners.set(name, listener ? (listeners.get(name) ?? []).filter((one) => one !== listener) : []);
        return element;
      },
      async ask(what, more = {}) {
        await ready;
        serial += 1;
        const id = serial;
        return new Promise((resolve) => {
          replies.set(id, resolve);
          port.postMessage({ kind: what, id, ...more });
        });
      },
      update() {},
      focus: () => void element.ask("focus"),
      blur() {},
      clear: () => void element.ask("clear"),
      collapse() {},
      unmount() {
        node?.remove();
        node = port = null;
        ready = new Promise((resolve) => (opened = resolve));
      },
      destroy: () => element.unmount(),
    };
    return element;
  }

  /** Show the bank's challenge until its customer has answered. */
  function challenge(intent) {
    const query = new URLSearchParams({ payment_intent: intent.id, payment_intent_client_secret: intent.client_secret });
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "Your bank asks you to approve this payment");
    Object.assign(dialog.style, { width: "min(26rem, calc(100vw - 1rem))", padding: "0", border: "0", borderRadius: "12px" });
    const node = frame(`challenge?${query}`, "Bank authentication");
    node.style.height = "20rem";
    dialog.append(node);
    document.body.append(dialog);
    return new Promise((resolve) => {
      dialog.addEventListener("cancel", (event) => event.preventDefault());
      addEventListener("message", function answered(event) {
        if (event.source !== node.contentWindow || event.origin !== home.origin) return;
        if (event.data?.kind === "height") node.style.height = `${event.data.value}px`;
        if (event.data?.kind !== "answered") return;
        removeEventListener("message", answered);
        dialog.close();
        dialog.remove();
        resolve();
      });
      dialog.showModal();
    });
  }

  function Stripe(key) {
    if (!String(key).startsWith("pk_")) throw new Error("Please call Stripe() with your publishable key.");

    const retrievePaymentIntent = (secret) =>
      call("GET", `payment_intents/${intentOf(secret)}`, { key, client_secret: secret });

    /** Whatever the bank wants; then the intent as it is, or the error it ended with. */
    async function afterConfirmation(result) {
      const intent = result.paymentIntent;
      if (!intent || intent.status !== "requires_action") return result;
      await challenge(intent);
      const now = await retrievePaymentIntent(intent.client_secret);
      const error = now.paymentIntent?.last_payment_error;
      return error ? { error: { ...error, payment_intent: now.paymentIntent } } : now;
    }

    function returned(address, intent) {
      const url = new URL(address, location.href);
      url.searchParams.set("payment_intent", intent.id);
      url.searchParams.set("payment_intent_client_secret", intent.client_secret);
      url.searchParams.set("redirect_status", intent.status === "succeeded" ? "succeeded" : "pending");
      location.assign(url);
      return new Promise(() => {});
    }

    return {
      elements(settings = {}) {
        const group = { key, settings: { ...settings } };
        let made = null;
        return {
          group,
          create(kind) {
            if (kind !== "payment") throw new Error(`The sandbox has no element of the type ${kind}.`);
            made = paymentElement(group);
            return made;
          },
          getElement: () => made,
          update: (changed) => void Object.assign(group.settings, changed),
          fetchUpdates: async () => ({}),
          submit: async () => (made ? made.ask("validate") : failure("invalid_request_error", "No element is mounted.")),
        };
      },

      async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
        const element = elements?.getElement();
        const secret = clientSecret ?? elements?.group.settings.clientSecret;
        if (!element || !secret) return failure("invalid_request_error", "An element and a clientSecret are needed.");
        const checked = await element.ask("validate");
        if (checked.error) return checked;
        const billing = confirmParams.payment_method_data?.billing_details ?? {};
        const result = await afterConfirmation(await element.ask("confirm", { clientSecret: secret, billing }));
        if (result.error || redirect === "if_required") return result;
        return returned(confirmParams.return_url ?? location.href, result.paymentIntent);
      },

      retrievePaymentIntent,

      async handleNextAction({ clientSecret }) {
        return afterConfirmation(await retrievePaymentIntent(clientSecret));
      },
    };
  }

  Stripe.version = "sandbox";
  window.Stripe = Stripe;
})();
