import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMany, formatPeriod, formatSize, formatTime, formatValue, portion, formatDetected, formatRanges } from "../src/format.ts";
import { importStatus, isFinal, uploadStatus } from "../src/status.ts";

test("periods are written by their unit", () => {
  assert.equal(formatPeriod("MONTHLY", 2012, 1), "Jan 2012");
  assert.equal(formatPeriod("MONTHLY", 2015, 12), "Dec 2015");
  assert.equal(formatPeriod("QUARTERLY", 2024, 3), "Q3 2024");
  assert.equal(formatPeriod("YEARLY", 2024, 0), "2024");
});

test("values keep their digits, and absent ones are a dash", () => {
  assert.equal(formatValue(1234567.891), "1,234,567.891");
  assert.equal(formatValue(0.1), "0.1");
  assert.equal(formatValue(-3), "-3");
  assert.equal(formatValue("as it is"), "as it is");
  assert.equal(formatValue(false), "no");
  assert.equal(formatValue(undefined), "–");
  assert.equal(formatValue(null), "–");
  assert.equal(formatValue([1, 2]), "[1,2]");
});

test("one row is one row", () => {
  assert.equal(formatMany(1, "row"), "1 row");
  assert.equal(formatMany(0, "row"), "0 rows");
  assert.equal(formatMany(2922, "row"), "2,922 rows");
});

test("sizes are in the unit that reads well", () => {
  assert.equal(formatSize(999), "999 bytes");
  assert.equal(formatSize(1500), "1.5 kB");
  assert.equal(formatSize(124_000), "124 kB");
  assert.equal(formatSize(70_000_000), "70 MB");
});

test("a time that cannot be read is shown as it came", () => {
  assert.equal(formatTime("yesterday"), "yesterday");
  assert.match(formatTime("2026-01-02T03:04:05.000Z"), /2026/);
});

test("progress is the server's, else counted, else unknown; never outside 0 to 1", () => {
  assert.equal(portion({ progress: 0.25, processedRowCount: 9, rowCount: 10 }), 0.25);
  assert.equal(portion({ progress: 7, processedRowCount: 0, rowCount: null }), 1);
  assert.equal(portion({ progress: null, processedRowCount: 5, rowCount: 10 }), 0.5);
  assert.equal(portion({ progress: null, processedRowCount: 5, rowCount: 0 }), null);
  assert.equal(portion({ progress: null, processedRowCount: 5, rowCount: null }), null);
});

test("statuses that are not known yet are shown in words", () => {
  assert.equal(importStatus("COMPLETED").label, "Completed");
  assert.equal(importStatus("ON_HOLD").label, "On hold");
  assert.equal(uploadStatus("FAILURE").tone, "bad");
  assert.ok(isFinal("PARTIALLY_COMPLETED") && !isFinal("PROCESSING") && !isFinal("ON_HOLD"));
});

test("rows are told in runs, and whether there are more", () => {
  assert.equal(formatRanges([{ first: 3, last: 3 }, { first: 7, last: 1009 }], 1004), "3, 7–1,009");
  assert.equal(formatRanges([{ first: 1, last: 1 }], 5), "1 and more");
  const many = [1, 3, 5, 7, 9, 11].map((row) => ({ first: row, last: row }));
  assert.equal(formatRanges(many, 6), "1, 3, 5, 7, 9 and more");
});

test("how a file is written is one line", () => {
  const none = { encodingConfidence: null, delimiter: null, compression: null, sheets: [], sheet: null, headerRow: 1 };
  assert.equal(
    formatDetected({ ...none, kind: "CSV", encoding: "windows-1254", encodingConfidence: 0.724, delimiter: ";", compression: "gzip", headerRow: 3 }),
    "CSV, windows-1254 (72 % sure), semicolons, header in row 3, gzip",
  );
  assert.equal(formatDetected({ ...none, kind: "CSV", encoding: "UTF-8", encodingConfidence: 1, delimiter: "~" }), "CSV, UTF-8, cells between “~”");
  assert.equal(formatDetected({ ...none, kind: "XLSX", encoding: null, sheets: ["A", "B"], sheet: "B" }), "XLSX, sheet “B” of 2");
});
