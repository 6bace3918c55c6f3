// The server's own document, linted; a client generated from it, type-checked; and that client's walk through the API.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createConfig, lint } from "@redocly/openapi-core";
import openapiTS, { astToString } from "openapi-typescript";
import { startServer } from "./server.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

let server;
let document;

before(async () => {
  await rm(here(".check"), { recursive: true, force: true });
  await mkdir(here(".check"));
  server = await startServer();
  const answer = await fetch(`${server.origin}/openapi.json`); // without a token
  assert.equal(answer.status, 200);
  document = await answer.text();
  await writeFile(here(".check/openapi.json"), document);
});

after(() => server?.stop());

async function complaints(file) {
  const config = await createConfig({ extends: ["recommended-strict"] });
  const problems = await lint({ ref: file, config });
  return problems.map(({ severity, ruleId, message, location }) => `${severity} ${ruleId}: ${message} (${location[0]?.pointer})`);
}

test("the linter has nothing to say about the document", async () => {
  assert.deepEqual(await complaints(here(".check/openapi.json")), []);
  const broken = JSON.parse(document);
  delete Object.values(broken.paths)[0].get.operationId;
  await writeFile(here(".check/broken.json"), JSON.stringify(broken));
  assert.match((await complaints(here(".check/broken.json"))).join(), /operation-operationId/, "it would say something");
});

test("a client is generated, type-checks, and refuses what the document does", async () => {
  const types = astToString(await openapiTS(new URL(".check/openapi.json", import.meta.url)));
  await writeFile(here(".check/api.d.ts"), types);
  const compiler = here("node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [compiler, "-p", here("tsconfig.json")]).catch(({ stdout }) => assert.fail(stdout));
});

test("the client walks through the API", async () => {
  const { Refused, Uploads } = await import("./.check/walk.js");
  const uploads = new Uploads(server.origin, server.token);
  const content = 'place,kwh\nnorth,1\nsouth,"2\n=east,3\n';
  const stored = await uploads.upload("kWh ölçüm.csv", content);
  assert.equal(stored.status, 0);
  assert.equal(stored.user.id, stored.user_id);

  const checked = await uploads.checked(stored.id);
  assert.equal(checked.status, 2);
  assert.ok(checked.validated_at !== null && checked.validated_at >= checked.created_at);
  assert.deepEqual(await uploads.store("another name", stored.gcs_path), checked, "the same path is the same record");
  assert.equal(await uploads.original(stored.id), content);

  const errors = await uploads.errors(stored.id);
  assert.equal(errors.import_id, null);
  assert.deepEqual(
    errors.data.map(({ row, line, code }) => ({ row, line, code })),
    [{ row: 2, line: 3, code: "QUOTE_UNCLOSED" }],
  );
  const file = await uploads.errorsFile(stored.id);
  assert.match(file.replace("\uFEFF", ""), /^row,line,column,value,code,message\r\n2,3,.*,QUOTE_UNCLOSED,/);

  const attempt = await uploads.store("lost.csv", stored.gcs_path, "The connection was lost.");
  assert.equal((await uploads.checked(attempt.id)).status, 3);
  const mine = [];
  for await (const history of uploads.list({ per_page: 1, sort: "file_name", created_from: stored.created_at, status: [2, 3] })) {
    mine.push(history.file_name);
  }
  assert.deepEqual(mine, ["kWh ölçüm.csv", "lost.csv"]);

  const refusal = async (asked) => {
    const problem = await asked.then(() => assert.fail("it was not refused"), (error) => error);
    assert.ok(problem instanceof Refused, problem);
    return { status: problem.status, ...problem.problem };
  };
  assert.deepEqual(await refusal(uploads.get(1)), { status: 404, message: "There is no such upload history." });
  assert.deepEqual(await refusal(uploads.original(attempt.id)), { status: 404, message: "This upload has no file to download." });
  assert.deepEqual(await refusal(uploads.store("a\u202Eb", " ")), {
    status: 422,
    message: "The given data was invalid.",
    errors: { file_name: ["The file name may not contain control characters."], gcs_path: ["The path is required."] },
  });
  assert.equal((await refusal(new Uploads(server.origin, "none").get(stored.id))).status, 401);
});
