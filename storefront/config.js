/**
 * The shop front's only settings.
 *
 * API_BASE may be a path on this host or the API's full address. With another host, that host must also be named
 * in `connect-src` of each page's Content-Security-Policy (and the images' host in `img-src`).
 */
export const API_BASE = "/api";

/** Products asked for at once; two, three and four columns all divide it. */
export const PAGE_SIZE = 24;

/** Milliseconds before a read is given up (and asked again). */
export const READ_TIMEOUT_MS = 12_000;

/** Milliseconds before an order is taken as unanswered: longer than the gateway's own 30 s limit. */
export const ORDER_TIMEOUT_MS = 33_000;

/** M-Pesa's largest single payment, in KES cents. */
export const MPESA_LIMIT = 250_000_00;
