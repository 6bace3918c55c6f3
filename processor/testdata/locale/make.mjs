// Writes golden.json: numbers, dates and periods as ICU (by way of Node's Intl) writes them in every locale that a format
// may name, each with the value that it stands for. Run: node make.mjs, in this folder, with a Node that has full ICU.
import { writeFileSync } from "node:fs";

const tags = {
  en: "", "en-US": "USD", "en-GB": "GBP", "en-AU": "AUD", "en-IE": "EUR", "en-IN": "INR", tr: "TRY", "tr-TR": "TRY",
  vi: "VND", "vi-VN": "VND", ja: "JPY", "ja-JP": "JPY", de: "EUR", "de-DE": "EUR", "de-AT": "EUR", "de-CH": "CHF",
  fr: "EUR", "fr-FR": "EUR", "fr-BE": "EUR", es: "EUR", "es-ES": "EUR", "es-MX": "MXN", it: "EUR", "it-IT": "EUR",
  nl: "EUR", "nl-NL": "EUR", "nl-BE": "EUR", "pt-BR": "BRL", "pt-PT": "EUR", pl: "PLN", "pl-PL": "PLN",
};
const numbers = [0, 1, -1, 7.5, 12.75, -0.001, 999.5, 1234, 1234.5, -1234.56, 12345.678, 1234567.891, -98765432.1];
const days = ["2024-01-31", "2024-02-29", "2024-03-01", "2023-12-05", "1999-10-09"];
const months = Array.from({ length: 12 }, (_, i) => `2024-${String(i + 1).padStart(2, "0")}`);

const golden = {};
for (const [tag, currency] of Object.entries(tags)) {
  const cells = [];
  const add = (kind, text, value) => {
    if (!cells.some((c) => c[0] === kind && c[1] === text)) cells.push([kind, text, value]);
  };
  const number = (options) => new Intl.NumberFormat(tag, options);
  const date = (options) => new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC" });
  for (const n of numbers) {
    add("NUMBER", number({ maximumFractionDigits: 6 }).format(n), String(n));
    add("NUMBER", number({ maximumFractionDigits: 6, useGrouping: false }).format(n), String(n));
  }
  for (const n of [0.125, -0.5, 12.34, 1]) add("NUMBER", number({ style: "percent", maximumFractionDigits: 3 }).format(n), String(n));
  if (currency) {
    for (const n of [5, 1234, -99, 1234567]) {
      for (const currencyDisplay of ["symbol", "narrowSymbol", "code"]) {
        add("NUMBER", number({ style: "currency", currency, currencyDisplay }).format(n), String(n));
      }
    }
  }
  for (const day of days) {
    const at = new Date(`${day}T00:00:00Z`);
    if (tag !== "en") {
      for (const width of ["numeric", "2-digit"]) add("DATE", date({ day: width, month: width, year: "numeric" }).format(at), day);
    }
    for (const month of ["long", "short"]) add("DATE", date({ day: "numeric", month, year: "numeric" }).format(at), day);
  }
  for (const month of months) {
    const at = new Date(`${month}-15T00:00:00Z`);
    for (const width of ["long", "short"]) add("PERIOD", date({ month: width, year: "numeric" }).format(at), month);
  }
  if (tag === "ja") {
    for (const day of days) {
      add("DATE", new Intl.DateTimeFormat("ja-u-ca-japanese", { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`)), day);
    }
  }
  golden[tag] = cells;
}
const lines = Object.entries(golden).map(([tag, cells]) => `${JSON.stringify(tag)}: [\n${cells.map((c) => "  " + JSON.stringify(c)).join(",\n")}\n]`);
writeFileSync("golden.json", `{\n"written by": ${JSON.stringify("ICU " + process.versions.icu + ", CLDR " + process.versions.cldr)},\n${lines.join(",\n")}\n}\n`);
