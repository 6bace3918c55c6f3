import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../src/api/client.ts";
import { ApiError } from "../src/api/error.ts";
import { CREATE_UPLOAD, START_IMPORT, STORE_UPLOAD } from "../src/api/operations.ts";
import type { Put } from "../src/api/put.ts";
import { contentType, problem, run, send } from "../src/api/upload.ts";
import type { Job } from "../src/api/upload.ts";

const file = new File(["a,b\n1,2\n"], "rows.csv", { type: "application/vnd.ms-excel" });
const job: Job = { source: file, definitionId: "impdef-1", year: 2024 };

const good = {
  createUpload: {
    gcsPath: "gs://local/1",
    method: "PUT",
    url: "http://bucket/1",
    headers: [{ name: "Content-Type", value: "text/csv" }],
    userErrors: [],
  },
  storeUploadHistory: { uploadHistory: { id: "upl-1" }, userErrors: [] },
  startImport: { import: { id: "imp-1" }, userErrors: [] },
};

/** Stands where the server is: answers as told, and remembers what it was asked and in which order. */
function bench(answers: object = {}, transfer: Put = () => Promise.resolve()) {
  const asked: string[] = [];
  const inputs: Record<string, unknown>[] = [];
  const names = new Map<unknown, string>([
    [CREATE_UPLOAD, "createUpload"],
    [STORE_UPLOAD, "storeUploadHistory"],
    [START_IMPORT, "startImport"],
  ]);
  const client: Client = {
    request(operation, variables) {
      asked.push(names.get(operation) ?? "?");
      inputs.push((variables as { input: Record<string, unknown> }).input);
      return Promise.resolve({ ...good, ...answers } as never);
    },
    subscribe: () => () => undefined,
    close: () => undefined,
  };
  const put: Put = (request, sent, onProgress) => {
    asked.push(`${request.method} ${request.url}`);
    return transfer(request, sent, onProgress);
  };
  const steps: string[] = [];
  return { asked, inputs, steps, with: { client, put, onStep: (step: string) => void steps.push(step) } };
}

test("a file goes to the bucket, is recorded and imported, in this order", async () => {
  const b = bench();
  const outcome = await run(job, null, b.with);
  assert.deepEqual(outcome, { started: { id: "imp-1" }, stored: null, problems: [] });
  assert.deepEqual(b.asked, ["createUpload", "PUT http://bucket/1", "storeUploadHistory", "startImport"]);
  assert.deepEqual(b.steps, ["preparing", "sending", "recording", "starting"]);
  assert.deepEqual(b.inputs[0], { fileName: "rows.csv", contentType: "text/csv", size: 8, resumable: false });
  assert.deepEqual(b.inputs[1], { fileName: "rows.csv", gcsPath: "gs://local/1" });
  const { idempotencyKey, ...rest } = b.inputs[2] ?? {};
  assert.match(String(idempotencyKey), /^[0-9a-f]{32}$/);
  assert.deepEqual(rest, { uploadHistoryId: "upl-1", importDefinitionId: "impdef-1", year: 2024 });
});

test("no year is no year, not null", async () => {
  const b = bench();
  await run({ ...job, year: null }, null, b.with);
  assert.ok(!("year" in (b.inputs[2] ?? {})));
});

test("an upload that is there already is imported without being sent", async () => {
  const b = bench();
  const outcome = await run({ ...job, source: "upl-7" }, null, b.with);
  assert.deepEqual(outcome.started, { id: "imp-1" });
  assert.deepEqual(b.asked, ["startImport"]);
  assert.equal(b.inputs[0]?.["uploadHistoryId"], "upl-7");
});

test("a file can be sent without being imported", async () => {
  const b = bench();
  const outcome = await send(file, b.with);
  assert.deepEqual(outcome, { started: null, stored: { file, historyId: "upl-1" }, problems: [] });
  assert.deepEqual(b.asked, ["createUpload", "PUT http://bucket/1", "storeUploadHistory"]);
});

test("what was said about the file and what it corrects goes with the start, and nothing else", async () => {
  const b = bench();
  const format = { locale: "tr", headerRow: 3 };
  await run({ ...job, source: "upl-7", format, skip: true, correctionOf: "imp-9" }, null, b.with);
  assert.deepEqual(b.inputs[0]?.["format"], format);
  assert.equal(b.inputs[0]?.["onInvalidRow"], "SKIP");
  assert.equal(b.inputs[0]?.["correctionOf"], "imp-9");
  const plain = bench();
  await run({ ...job, source: "upl-7", format: {} }, null, plain.with);
  assert.ok(!("format" in (plain.inputs[0] ?? {})) && !("onInvalidRow" in (plain.inputs[0] ?? {})));
});

test("a large file asks for an upload that can be resumed", async () => {
  for (const [size, resumable] of [
    [32 * 1024 * 1024, false],
    [32 * 1024 * 1024 + 1, true],
  ] as const) {
    const b = bench();
    await send(new File([new Uint8Array(size)], "rows.csv"), b.with);
    assert.equal(b.inputs[0]?.["resumable"], resumable);
  }
});

test("a refused upload stops before anything is sent", async () => {
  const userErrors = [{ code: "LIMIT_REACHED", field: ["input", "size"], message: "The file is too large." }];
  const b = bench({ createUpload: { ...good.createUpload, url: null, userErrors } });
  const outcome = await run(job, null, b.with);
  assert.deepEqual(outcome.problems, [{ field: "file", code: "LIMIT_REACHED", message: "The file is too large." }]);
  assert.deepEqual(b.asked, ["createUpload"]);
});

test("a broken transfer is recorded with its reason, and told", async () => {
  const b = bench({}, () => Promise.reject(new ApiError("TRANSFER_BROKEN", "x".repeat(300))));
  const outcome = await run(job, null, b.with);
  assert.equal(outcome.problems[0]?.code, "TRANSFER_BROKEN");
  assert.deepEqual(b.asked, ["createUpload", "PUT http://bucket/1", "storeUploadHistory"]);
  assert.equal(b.inputs[1]?.["errorReason"], "x".repeat(255));
});

test("a file that is recorded is not sent again when only the import was refused", async () => {
  const userErrors = [{ code: "YEAR_REQUIRED", field: null, message: "Which year?" }];
  const first = bench({ startImport: { import: null, userErrors } });
  const refused = await run({ ...job, year: null }, null, first.with);
  assert.deepEqual(refused.problems, [{ field: "year", code: "YEAR_REQUIRED", message: "Which year?" }]);
  assert.deepEqual(refused.stored, { file, historyId: "upl-1" });

  const second = bench();
  await run(job, refused.stored, second.with);
  assert.deepEqual(second.asked, ["startImport"]);

  const other = bench();
  await run({ ...job, source: new File(["c"], "other.csv") }, refused.stored, other.with);
  assert.equal(other.asked[0], "createUpload");
});

test("a file that failed its check is sent again", async () => {
  const userErrors = [{ code: "UPLOAD_FAILED", field: ["input", "uploadHistoryId"], message: "The file is empty." }];
  const outcome = await run(job, null, bench({ startImport: { import: null, userErrors } }).with);
  assert.equal(outcome.stored, null);
});

test("a null payload and a thrown fault become sentences", async () => {
  for (const answers of [{ createUpload: null }, { storeUploadHistory: null }, { startImport: null }]) {
    const outcome = await run(job, null, bench(answers).with);
    assert.match(outcome.problems[0]?.message ?? "", /could not carry out/);
  }
  const broken = bench();
  broken.with.client.request = () => Promise.reject(new TypeError("x is undefined"));
  assert.match((await run(job, null, broken.with)).problems[0]?.message ?? "", /unexpected happened.*x is undefined/);
});

function at(field: string[] | null) {
  return problem({ code: "INVALID_INPUT", field, message: "" }).field;
}

test("errors stand beside the input that they are about", () => {
  assert.equal(at(["input", "importDefinitionId"]), "definition");
  assert.equal(at(["input", "fileName"]), "file");
  assert.equal(at(["input", "year"]), "year");
  assert.equal(at(["input", "format", "encoding"]), "encoding");
  assert.equal(at(["input", "columnMapping", "0"]), null);
  assert.equal(at(null), null);
});

test("the content type goes by the name's ending", () => {
  assert.equal(contentType({ name: "A.CSV", type: "text/plain" }), "text/csv");
  assert.equal(contentType({ name: "bill.xlsx", type: "" }), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
  assert.equal(contentType({ name: "rows.jsonl.gz", type: "" }), "application/gzip");
  assert.equal(contentType({ name: "rows.csv.zst", type: "" }), "application/zstd");
  assert.equal(contentType({ name: "a.dat", type: "text/plain" }), "text/plain");
  assert.equal(contentType({ name: "none", type: "" }), "application/octet-stream");
});
