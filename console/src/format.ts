// How values are written. The page's language is English; times are in the reader's own zone.

const count = new Intl.NumberFormat("en");
const decimal = new Intl.NumberFormat("en", { maximumFractionDigits: 15 });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function formatCount(value: number): string {
  return count.format(value);
}

/** A noun with its number: “1 row”, “2,922 rows”. */
export function formatMany(value: number, noun: string): string {
  return `${count.format(value)} ${noun}${value === 1 ? "" : "s"}`;
}

export function formatTime(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : moment.format(date);
}

export function formatPeriod(unit: string, year: number, period: number): string {
  switch (unit) {
    case "MONTHLY":
      return `${MONTHS[period - 1] ?? period} ${year}`;
    case "QUARTERLY":
      return `Q${period} ${year}`;
    default:
      return String(year);
  }
}

/** Runs of rows in words: “3, 7–9 and more”. */
export function formatRanges(ranges: readonly { first: number; last: number }[], total: number): string {
  const shown = ranges.slice(0, 5);
  const rows = shown.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const words = shown.map(({ first, last }) => (first === last ? formatCount(first) : `${formatCount(first)}–${formatCount(last)}`));
  return words.join(", ") + (rows < total ? " and more" : "");
}

const DELIMITERS: Record<string, string> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", ":": "colons" };

/** How a file was found to be written, in a line: “CSV, windows-1254 (72 % sure), semicolons, gzip”. */
export function formatDetected(format: {
  kind: string;
  encoding: string | null;
  encodingConfidence: number | null;
  delimiter: string | null;
  compression: string | null;
  sheets: readonly string[];
  sheet: string | null;
  headerRow: number;
}): string {
  const sure = format.encodingConfidence;
  return [
    format.kind,
    format.encoding !== null &&
      (sure !== null && sure < 1 ? `${format.encoding} (${Math.round(sure * 100)} % sure)` : format.encoding),
    format.delimiter !== null && (DELIMITERS[format.delimiter] ?? `cells between “${format.delimiter}”`),
    format.sheet !== null &&
      `sheet “${format.sheet}”${format.sheets.length > 1 ? ` of ${formatCount(format.sheets.length)}` : ""}`,
    format.headerRow > 1 && `header in row ${formatCount(format.headerRow)}`,
    format.compression,
  ]
    .filter((part) => typeof part === "string")
    .join(", ");
}

/** A result's value: absent ones are a dash, what is not a plain value is JSON. */
export function formatValue(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "–";
    case "number":
      return decimal.format(value);
    case "string":
      return value;
    case "boolean":
      return value ? "yes" : "no";
    default:
      return value === null ? "–" : JSON.stringify(value);
  }
}

/** How far a running import is, 0 to 1; null when nobody knows yet. */
export function portion(row: { progress: number | null; processedRowCount: number; rowCount: number | null }): number | null {
  if (row.progress !== null) {
    return Math.min(Math.max(row.progress, 0), 1);
  }
  return row.rowCount ? Math.min(row.processedRowCount / row.rowCount, 1) : null;
}

const SIZES = ["bytes", "kB", "MB", "GB", "TB"];

export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toLocaleString("en", { maximumFractionDigits: unit === 0 || value >= 10 ? 0 : 1 })} ${SIZES[unit]}`;
}
