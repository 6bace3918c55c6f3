// The page that shows the document, in a browser: nothing of others is loaded, and what it describes can be tried.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startServer } from "./server.mjs";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([
    startServer(),
    chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
    }),
  ]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open() {
  const context = await browser.newContext();
  const complaints = [];
  context.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => {
    if (!request.url().startsWith(`${server.origin}/`)) {
      complaints.push(`request to ${request.url()}`);
    }
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${server.origin}/docs`);
  return { page, complaints };
}

test("every operation is on the page, and can be tried but for the one that redirects", async () => {
  const { page, complaints } = await open();
  const operations = await page.locator("section.operation").evaluateAll((all) => all.map((each) => each.id));
  assert.deepEqual(operations, [
    "createSignedUrl", "storeUploadHistory", "listUploadHistories", "getUploadHistory", "downloadOriginal", "listImportErrors", "downloadErrors",
  ]);
  assert.equal(await page.locator("form.try:visible").count(), 6);
  await page.getByRole("navigation").getByRole("link", { name: "Read a history" }).click();
  await page.getByRole("heading", { name: "Read a history" }).waitFor();
  assert.equal(new URL(page.url()).hash, "#getUploadHistory");
  assert.deepEqual(complaints, []);
});

test("a request is sent with the token, and the command says the same", async () => {
  const { page, complaints } = await open();
  const section = page.locator("#listUploadHistories");
  await section.getByRole("button", { name: "Send" }).click();
  await section.getByRole("status").getByText("401 Unauthorized").waitFor();
  assert.equal(complaints.length, 1, "the browser tells of the 401");
  assert.match(complaints.pop(), /401/);

  await page.getByLabel("Token to try with").fill(server.token);
  await section.getByLabel("per_page").fill("1");
  await section.getByLabel("file_name").fill("it's 100%");
  assert.equal(
    await section.locator(".curl").innerText(),
    `curl --location '${server.origin}/api/v1/general/upload-file/gcs/histories/list?per_page=1&file_name=it%27s+100%25' \\\n` +
      `  --header "Authorization: Bearer $TOKEN"`,
  );
  await section.getByRole("button", { name: "Send" }).click();
  await section.getByRole("status").getByText('"per_page": 1').waitFor();

  const store = page.locator("#storeUploadHistory");
  await store.getByLabel("Body").fill('{"file_name": "<b>it\'s</b>", "gcs_path": "gs://local/nowhere"}');
  assert.match(await store.locator(".curl").innerText(), /--data '\{"file_name": "<b>it'\\''s<\/b>", "gcs_path": "gs:\/\/local\/nowhere"\}'$/);
  await store.getByRole("button", { name: "Send" }).click();
  await store.getByRole("status").getByText('"file_name": "<b>it\'s</b>"').waitFor();
  assert.deepEqual(complaints, []);
});
