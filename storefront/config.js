/**
 * The shop front's only settings.
 *
 * API_BASE may be a path on this host or the API's full address. With another host, that host must also be named
 * in `connect-src` of each page's Content-Security-Policy (and the images' host in `img-src`).
 */
export const API_BASE = "/api";

/** The local stack (`make run`, which listens on this machine only) has stand-ins for the two services below. */
const LOCAL = ["127.0.0.1", "localhost"].includes(window.location.hostname);

/**
 * Names this shop front to an API that asks for it (docs/services.md); empty for one that does not. It is in every copy
 * of this file, so it is no secret.
 */
export const CLIENT_KEY = LOCAL ? "local-shop-front-key" : "";

/** Stripe.js. Stripe asks that its own copy be loaded, never one kept elsewhere. */
export const STRIPE_JS = LOCAL ? "/stripe/js/v3/" : "https://js.stripe.com/v3/";

/**
 * The sign-in page's address; empty: the shop has none, and nothing that needs one is shown. It is opened with
 * `?redirect=<path and query>` and comes back there with `#access_token=<JWT>`.
 */
export const SIGN_IN = LOCAL ? "/sandbox/identity/" : "";

/** Products asked for at once; two, three and four columns all divide it. */
export const PAGE_SIZE = 24;

/** Milliseconds before a read is given up (and asked again). */
export const READ_TIMEOUT_MS = 12_000;

/** Milliseconds before an order is taken as unanswered: longer than the gateway's own 30 s limit. */
export const ORDER_TIMEOUT_MS = 33_000;
