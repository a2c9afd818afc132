/** Where it goes and what that costs: the zones' quotes, and the countries outside Kenya. */
import { query, read } from "./api.js";
import { fill, h } from "./dom.js";
import { money } from "./money.js";

const CODES = "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL "
  + "CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FO FR GA GB GD GE GF GH GI GL GM GN GP GQ GR GT "
  + "GW GY HK HN HR HT HU ID IE IL IN IQ IS IT JM JO JP KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD "
  + "ME MG MK ML MM MN MO MQ MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PS PT PW PY QA RE RO "
  + "RS RW SA SB SC SE SG SI SK SL SM SN SO SR SS ST SV SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN "
  + "VU WS YE YT ZA ZM ZW";

const names = typeof Intl.DisplayNames === "function" ? new Intl.DisplayNames(["en"], { type: "region" }) : null;

/** A country's English name from its two-letter code; whatever else was written stays as it is. */
export function countryName(code) {
  return /^[A-Z]{2}$/.test(code ?? "") ? names?.of(code) ?? code : code;
}

/** Fills a select with the countries we can ship to, by English name; neighbours first. */
export function fillCountries(select) {
  const option = (code) => h("option", { value: code }, countryName(code));
  const near = ["UG", "TZ", "RW", "BI", "SS", "ET", "SO"];
  const far = CODES.split(" ").filter((code) => !near.includes(code));
  const named = far.map((code) => [countryName(code), code]).sort(([one], [other]) => one.localeCompare(other));
  fill(select, h("option", { value: "" }, "Choose a country"),
    h("optgroup", { label: "Near us" }, near.map(option)),
    h("optgroup", { label: "Everywhere else" }, named.map(([, code]) => option(code))));
}

/** Every zone's quote for a subtotal (minor units): {zone, label, carrier, estimate, tracked, amount, currency, free_from}. */
export async function readQuotes(currency, subtotal) {
  const { items } = await read(`/shipping-quotes${query({ currency, subtotal })}`);
  return items;
}

/** Draws the zones as a choice. */
export function showQuotes(place, quotes, chosen) {
  fill(place, quotes.map((quote) => h("label", { class: "choice" },
    h("input", {
      type: "radio", name: "zone", value: quote.zone, checked: quote.zone === chosen, required: true,
      "data-field": "shipping.zone", "data-test": `zone-${quote.zone}`,
    }),
    h("span", { class: "choice__body" },
      h("span", { class: "choice__name" }, quote.label),
      h("span", { class: "choice__note" }, [quote.estimate, quote.carrier, quote.tracked ? "tracked" : null].filter(Boolean).join(" \u00b7 ")),
      freeText(quote)),
    h("span", { class: "choice__side" }, quote.amount === 0 ? "Free" : money(quote.amount, quote.currency)))),
  quotes.some((quote) => quote.zone === "international") ? null : h("p", { class: "choices__note" },
    "Delivery abroad is priced in dollars: choose USD at the top of the page to send it outside Kenya."));
}

function freeText(quote) {
  if (quote.free_from === null || quote.free_from === undefined || quote.amount === 0) return null;
  return h("span", { class: "choice__note" }, `Free from ${money(quote.free_from, quote.currency)}`);
}
