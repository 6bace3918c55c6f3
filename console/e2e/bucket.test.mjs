// The console with its files in a bucket of Google Cloud Storage: a real browser, the real binary, and the test server
// that the README names, on a line that can be cut.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fresh, ids, launch, openPage } from "./browser.mjs";
import { startBucket } from "./bucket.mjs";
import { startServer } from "./server.mjs";

const WEATHER = fileURLToPath(new URL("../../seed/files/weather.csv", import.meta.url));
const DEFINITION = "Monthly weather per city";
const MIB = 1024 * 1024;
/** Above this the page asks for an upload that can be resumed. */
const LARGE = 32 * MIB;

let folder;
let bucket;
let browser;
let server;
let home;

before(async () => {
  assert.ok(process.env.ENTREPOT_BIN, "ENTREPOT_BIN must name the binary to test: go build -o entrepot . && ENTREPOT_BIN=../entrepot npm run e2e");
  folder = await mkdtemp(path.join(tmpdir(), "entrepot-e2e-files-"));
  bucket = await startBucket();
  browser = await launch();
  server = await startServer(process.env.ENTREPOT_BIN, bucket.environment);
  home = await openPage(browser, server.origin, bucket.origin);
  await home.page.goto(server.link);
  await home.page.getByText("Live", { exact: true }).nth(1).waitFor();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await bucket?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the page asks of the bucket from now on. */
function watched(page) {
  const requests = [];
  const watch = (request) => request.url().startsWith(bucket.origin) && requests.push(request);
  page.on("request", watch);
  return { requests, end: () => page.off("request", watch) };
}

/** Has a file imported as weather, and gives its row of the table. */
async function importing(page, file) {
  const imports = await ids(page, "data-import");
  await page.getByLabel("File", { exact: true }).setInputFiles(file);
  await page.getByLabel("Import definition").selectOption({ label: DEFINITION });
  await page.getByRole("button", { name: "Upload and import" }).click();
  return fresh(page, "data-import", imports);
}

async function completed(row, rows) {
  await row.getByText("Completed", { exact: true }).waitFor({ timeout: 60_000 });
  assert.equal(await row.locator('[data-label="Rows"]').innerText(), rows);
  assert.equal(await row.locator('[data-label="Results"]').innerText(), "96");
}

/** Sends weather.csv, which must fail: the form says so, and the table of uploads, in the same words. */
async function failing(page, words, meanwhile = () => undefined) {
  const uploads = await ids(page, "data-upload");
  await page.getByLabel("File", { exact: true }).setInputFiles(WEATHER);
  await page.getByRole("button", { name: "Upload and check only" }).click();
  await meanwhile();
  const told = await page.getByRole("alert").filter({ hasText: words }).innerText();
  const row = fresh(page, "data-upload", uploads);
  await row.getByText(told.trim(), { exact: true }).waitFor();
  assert.match(await row.innerText(), /weather\.csv/);
}

/** Changes what createUpload answers to the page. */
async function signedOtherwise(page, change) {
  await page.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes("createUpload(")) {
      await route.fallback();
      return;
    }
    const response = await route.fetch();
    const answer = await response.json();
    await change(answer.data.createUpload);
    await route.fulfill({ response, json: answer });
  });
}

test("a file goes from the page straight into the bucket, and is imported", async () => {
  const { page, complaints } = home;
  const { requests, end } = watched(page);
  await completed(await importing(page, WEATHER), "2,922");
  end();
  assert.deepEqual(
    requests.map((request) => request.method()),
    ["PUT"],
  );
  const headers = await requests[0].allHeaders();
  assert.equal(headers["x-goog-if-generation-match"], "0");
  assert.equal(headers["content-type"], "text/csv");
  assert.match(requests[0].url(), /\/entrepot\/some\/prefix\//);
  assert.deepEqual(complaints, []);
});

test("a large file goes on where its line was cut, and is imported", async () => {
  const { page, complaints } = home;
  const [head, ...rows] = (await readFile(WEATHER, "utf8")).trim().split("\n");
  const notes = "n".repeat(2000);
  const file = path.join(folder, "large.csv");
  const text = [`${head},notes`, ...Array.from({ length: 6 }, () => rows.map((row) => `${row},${notes}`)).flat()].join("\n");
  assert.ok(text.length > LARGE && text.length < LARGE * 1.2);
  await writeFile(file, text);

  const { requests, end } = watched(page);
  const held = bucket.line.hold(12 * MIB);
  const row = await importing(page, file);
  const cut = await held;
  await page.locator('progress[aria-label="Sent"][value^="0."]').waitFor(); // a part of the file is said to have gone
  cut();
  await completed(row, "17,532");
  end();

  const size = text.length;
  const told = requests.map((request) => `${request.method()} ${request.headers()["content-range"] ?? ""}`.trim());
  assert.deepEqual(told.slice(0, 3), ["POST", "PUT", `PUT bytes */${size}`]);
  assert.equal(told.length, 4);
  const [, from] = new RegExp(`^PUT bytes (\\d+)-${size - 1}/${size}$`).exec(told[3]) ?? [];
  assert.ok(Number(from) > 4 * MIB && Number(from) <= 12 * MIB, `it went on with ${told[3]}`);
  // The browser itself says that a connection broke.
  assert.equal(complaints.length, 1, complaints.join("\n"));
  assert.match(complaints.pop(), /^console error: Failed to load resource: net::ERR_(CONNECTION_RESET|EMPTY_RESPONSE)/);
});

for (const { what, change, status, words } of [
  {
    what: "a file that is in the bucket already",
    change: async ({ url, headers }) => {
      const body = await readFile(WEATHER);
      const answer = await fetch(url, { method: "PUT", body, headers: headers.map(({ name, value }) => [name, value]) });
      assert.equal(answer.status, 200);
    },
    status: 412,
    words: "has a file at this address already, so it did not take this one. Send it again",
  },
  {
    what: "an address that has expired",
    change: (signed) => {
      signed.url = signed.url.replace(/X-Goog-Date=\d{8}/, "X-Goog-Date=20200101");
    },
    status: 400,
    words: "The permission to send the file had expired. Please send it again.",
  },
  {
    what: "an address that was not signed so",
    change: (signed) => {
      signed.url = signed.url.replace("X-Goog-Expires=900", "X-Goog-Expires=901");
    },
    status: 403,
    words: "did not accept the permission to send the file (status 403)",
  },
]) {
  test(`${what} is told in words`, async () => {
    const { page, complaints } = home;
    await signedOtherwise(page, change);
    await failing(page, words);
    await page.unrouteAll({ behavior: "wait" });
    const own = complaints.splice(0).filter((each) => !each.includes(`status ${status}: ${bucket.origin}`) && !each.includes(`status of ${status}`));
    assert.deepEqual(own, []);
  });
}

test("a bucket that lets no pages in is told in words, with what to do", async () => {
  const { page, complaints } = home;
  bucket.letIn(false);
  await failing(page, "and send it again. If it happens again, tell whoever runs the server: “entrepot doctor” looks at the storage.");
  bucket.letIn(true);
  assert.ok(complaints.some((each) => each.includes("blocked by CORS policy")), complaints.join("\n"));
  complaints.length = 0;
});

test("a line on which nothing moves for two minutes is given up", async () => {
  const { page, complaints } = home;
  await page.clock.install();
  const held = bucket.line.hold(32 * 1024);
  await failing(page, "could not be sent to", async () => {
    await held;
    await page.locator('progress[value="1"]').waitFor(); // all has left the page, and no answer comes
    await page.clock.fastForward("01:59");
    await page.getByText("Sending the file…").waitFor();
    await page.clock.fastForward("02:01");
  });
  await page.clock.resume();
  assert.deepEqual(complaints, []);

  await completed(await importing(page, WEATHER), "2,922");
  assert.deepEqual(complaints, []);
});
