// The console in a real browser against the real binary: ENTREPOT_BIN names it.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fresh, ids, launch, openPage } from "./browser.mjs";
import { startServer } from "./server.mjs";

const WEATHER = fileURLToPath(new URL("../../seed/files/weather.csv", import.meta.url));
const DEFINITION = "Monthly weather per city";
const SITES = ["New York", "Seattle"];
const MONTHS = 48;
const TOKEN = "entrepot.token";

let server;
let browser;
let home;
/** The id of the import that is started here: the demonstration has some already, of the same file even. */
let started;

before(async () => {
  assert.ok(process.env.ENTREPOT_BIN, "ENTREPOT_BIN must name the binary to test: go build -o entrepot . && ENTREPOT_BIN=../entrepot npm run e2e");
  [server, browser] = await Promise.all([startServer(process.env.ENTREPOT_BIN), launch()]);
  home = await openPage(browser, server.origin);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("without a token the page says how to sign in", async () => {
  const { page, context, complaints } = await openPage(browser, server.origin);
  const response = await page.goto(server.origin);
  assert.equal(response.headers()["cache-control"], "no-store");
  assert.match(response.headers()["content-security-policy"], /script-src 'self'/);
  await page.getByText("open the link that the server printed when it started").waitFor();
  await page.getByLabel("Or paste the link or a token here").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the printed link signs in, and its code leaves the address bar", async () => {
  const { page, context, complaints } = home;
  await page.goto(server.link);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await page.getByRole("banner").getByText(/ · Owner$/).waitFor();
  assert.equal(page.url(), `${server.origin}/`);
  assert.ok(await page.evaluate((key) => sessionStorage.getItem(key), TOKEN), "the token must be in sessionStorage");
  assert.equal(await page.evaluate(() => localStorage.length), 0, "nothing may outlive the tab");
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(complaints, []);
});

test("the code cannot be used twice", async () => {
  const { page, context, complaints } = await openPage(browser, server.origin);
  await page.goto(server.link);
  await page.getByRole("alert").getByText("used already or has expired").waitFor();
  assert.equal(page.url(), `${server.origin}/`);
  assert.equal(await page.evaluate((key) => sessionStorage.getItem(key), TOKEN), null);
  const unexpected = complaints.filter((each) => !each.includes("401"));
  assert.deepEqual(unexpected, []);
  assert.ok(complaints.some((each) => each.startsWith("status 401")));
  await context.close();
});

test("a form that is not filled in says what is missing and sends nothing", async () => {
  const { page, complaints } = home;
  let sent = 0;
  const count = () => (sent += 1);
  page.on("request", count);
  await page.getByRole("button", { name: "Upload and import" }).click();
  await page.getByText("Choose a file first.").waitFor();
  await page.getByText("Choose what the file is.").waitFor();
  assert.equal(await page.getByLabel("File", { exact: true }).getAttribute("aria-invalid"), "true");
  assert.equal(sent, 0);
  page.off("request", count);
  assert.deepEqual(complaints, []);
});

test("weather.csv is uploaded, imported and completed before one's eyes", async () => {
  const { page, complaints } = home;
  await page.getByText("Live", { exact: true }).nth(1).waitFor();
  const earlier = await ids(page, "data-import");
  const earlierUploads = await ids(page, "data-upload");
  await page.getByLabel("File", { exact: true }).setInputFiles(WEATHER);
  await page.getByLabel("Import definition").selectOption({ label: DEFINITION });

  // What is asked for from here on is the mutations' business: the end must arrive over the WebSocket.
  const polled = [];
  const watch = (request) => {
    const body = request.postData() ?? "";
    if (request.url().endsWith("/graphql") && !body.includes("mutation")) {
      polled.push(body);
    }
  };
  page.on("request", watch);
  await page.getByRole("button", { name: "Upload and import" }).click();
  const appeared = fresh(page, "data-import", earlier);
  await appeared.waitFor();
  started = await appeared.getAttribute("data-import");
  const row = page.locator(`[data-import="${started}"]`);
  await row.getByText("Completed", { exact: true }).waitFor({ timeout: 60_000 });
  page.off("request", watch);
  assert.deepEqual(polled, [], "the table must follow the import without asking again");

  assert.equal(await row.locator('[data-label="Results"]').innerText(), String(SITES.length * MONTHS));
  assert.equal(await row.locator('[data-label="Rows"]').innerText(), "2,922");
  const upload = fresh(page, "data-upload", earlierUploads);
  await upload.getByText("Good", { exact: true }).waitFor();
  assert.match(await upload.innerText(), /weather\.csv/);
  assert.deepEqual(complaints, []);
});

test("its results are 48 months of each city", async () => {
  const { page, complaints } = home;
  await page.locator(`[data-import="${started}"]`).getByRole("button", { name: "weather.csv" }).click();
  const table = page.getByRole("region", { name: "Results" }).locator("tbody tr");
  await page.getByText(/^50 of 96 results$/).waitFor();
  assert.equal(await table.count(), 50);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText(/^96 of 96 results$/).waitFor();
  const rows = await table.evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
  assert.equal(rows.length, SITES.length * MONTHS);
  for (const site of SITES) {
    const periods = rows.filter((row) => row[0] === site).map((row) => row[1]);
    assert.equal(new Set(periods).size, MONTHS, `${site} must have ${MONTHS} different months`);
    assert.ok(periods.includes("Jan 2012") && periods.includes("Dec 2015"));
  }
  for (const row of rows) {
    assert.match(row.at(-1), /^(28|29|30|31)$/, `a month has as many rows as days: ${row}`);
    for (const value of row.slice(2, -1)) {
      assert.match(value, /^-?[\d,]+(\.\d+)?$/, `an output must be a number: ${row}`);
    }
  }
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  assert.deepEqual(complaints, []);
});

/** What Turkish programs write: windows-1254, which is Latin-1 but for six letters. */
function turkish(text) {
  const own = { Ğ: 0xd0, İ: 0xdd, Ş: 0xde, ğ: 0xf0, ı: 0xfd, ş: 0xfe };
  return Buffer.from([...text].map((letter) => own[letter] ?? letter.codePointAt(0)));
}

const MONTHS_TR = ["Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"];
const PLANTS = ["İzmir", "Ağrı", "Şişli"];
const WRONG = { 5: "çok", 11: "", 30: "1.2.3,4" };

/** 36 rows of a bill; those in `wrong` have another consumption than 1.234,50. */
function bill(wrong) {
  const rows = PLANTS.flatMap((plant) => MONTHS_TR.map((month) => [plant, `${month} 2024`]));
  return ["Tesis;Dönem;Tüketim", ...rows.map((row, at) => [...row, wrong[at + 1] ?? "1.234,50"].join(";"))].join("\r\n") + "\r\n";
}

/** Asks the server as the person who is signed in. */
function ask(page, query) {
  return page.evaluate(
    async ([key, body]) => {
      const response = await fetch("/graphql", {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${sessionStorage.getItem(key)}` },
        body,
      });
      return response.json();
    },
    [TOKEN, JSON.stringify({ query })],
  );
}

/** Ten fields of one mutation. */
function tenTimes(field) {
  return Array.from({ length: 10 }, (_, at) => field(at)).join(" ");
}

/** What a button saves, as text. */
async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

test("rows that are set aside are downloaded, corrected and sent again until the results are whole", async () => {
  const { page, complaints } = home;
  const made = await ask(
    page,
    `mutation { createImportDefinition(input: {
      name: "Elektrik faturası"
      inputSchema: [
        { name: "Tesis", type: STRING, role: SITE_IDENTIFIER, required: true }
        { name: "Dönem", type: STRING, role: PERIOD, required: true }
        { name: "Tüketim", type: NUMBER, required: true }
      ]
      outputSchema: [{ key: "kwh", label: "Tüketim", unit: "kWh", aggregate: SUM, column: "Tüketim", periodUnit: MONTHLY }]
    }) { importDefinition { id } userErrors { message } } }`,
  );
  assert.ok(made.data?.createImportDefinition.importDefinition, JSON.stringify(made));
  await page.reload();
  await page.getByText("Live", { exact: true }).nth(1).waitFor();

  // Uploaded and checked first, to see how it was read.
  const uploads = await ids(page, "data-upload");
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "fatura.csv", mimeType: "text/csv", buffer: turkish(bill(WRONG)) });
  await page.getByRole("button", { name: "Upload and check only" }).click();
  const upload = fresh(page, "data-upload", uploads);
  await upload.getByText("Good", { exact: true }).waitFor();
  assert.match(await upload.innerText(), /CSV, windows-1254.*semicolons/);
  await upload.getByRole("button", { name: "Import fatura.csv" }).click();
  await page.getByLabel("Import definition").selectOption({ label: "Elektrik faturası" });
  await page.getByText("How the file is written").click();
  await page.getByLabel("Numbers and dates").selectOption({ label: "Turkish" });
  await page.getByLabel("Set aside rows that are wrong and import the others").check();
  const imports = await ids(page, "data-import");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const first = fresh(page, "data-import", imports);
  await first.getByText("Partly completed", { exact: true }).waitFor({ timeout: 60_000 });
  const firstId = await first.getAttribute("data-import");
  const row = page.locator(`[data-import="${firstId}"]`);
  await row.getByRole("button", { name: "fatura.csv" }).click();
  await page.getByText("36 rows, 33 accepted, 3 rejected").waitFor();
  const errors = await page.getByRole("region", { name: "What is wrong with the rows" }).innerText();
  assert.match(errors, /Row 5 \(line 6\)/);

  const rejected = await saved(page, "Download rejected rows");
  assert.equal(rejected.name, "fatura-rejected.csv");
  assert.equal(rejected.text.trim().split(/\r?\n/).length, 4);
  const corrected = rejected.text.replace("çok", "1.234,50").replace("1.2.3,4", "1.234,50").replace("Kasım 2024;;", "Kasım 2024;1.234,50;");
  await page.getByRole("button", { name: "Upload the correction" }).click();
  await page.getByText("Choose the corrected file first.").waitFor();
  await page.getByLabel("Corrected file").setInputFiles({ name: "fatura-fixed.csv", mimeType: "text/csv", buffer: Buffer.from(corrected) });
  await page.getByRole("button", { name: "Upload the correction" }).click();
  await page.getByRole("heading", { name: "fatura-fixed.csv" }).waitFor();
  await page.getByText("36 rows, 36 accepted, 0 rejected").waitFor({ timeout: 60_000 });
  await page.getByText(/^36 of 36 results$/).waitFor();
  await row.getByText("Corrected by a later import").waitFor();

  const results = await saved(page, "Download results as CSV");
  assert.match(results.name, /^Elektrik faturası imp-.*\.csv$/);
  const lines = results.text.replace(/^\uFEFF/, "").trim().split("\r\n");
  assert.equal(lines.length, 37);
  for (const line of lines.slice(1)) {
    assert.match(line, /^(İzmir|Ağrı|Şişli),,2024,MONTHLY,\d+,kwh,Tüketim,kWh,1234\.5,1,0$/);
  }
  assert.equal((await saved(page, "Download results as JSON Lines")).text.trim().split("\n").length, 36);

  // Nothing is wider than a small telephone but what scrolls by itself.
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360), "the page must not scroll sideways");
  await page.setViewportSize({ width: 1200, height: 900 });
  await row.getByRole("button", { name: "fatura.csv" }).click();
  await page.getByText("has corrected").waitFor();
  assert.equal(await page.getByRole("button", { name: "Upload the correction" }).count(), 0);
  assert.deepEqual(complaints, []);
});

test("closing an import gives the focus back to what opened it", async () => {
  const { page, complaints } = home;
  const name = page.locator(`[data-import="${started}"]`).getByRole("button", { name: "weather.csv" });
  await name.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "weather.csv" }).waitFor();
  await page.getByRole("button", { name: "Close" }).press("Enter");
  assert.ok(await name.evaluate((button) => button === document.activeElement));
  assert.deepEqual(complaints, []);
});

test("GraphiQL loads and runs a query as the person signed in", async () => {
  const { page, complaints } = home;
  await page.getByRole("link", { name: "GraphiQL" }).click();
  const editor = page.locator(".graphiql-query-editor .CodeMirror");
  await editor.waitFor();
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText("{ viewer { role } }");
  await page.getByRole("button", { name: /Execute query/ }).click();
  await page.locator(".graphiql-response", { hasText: '"role": "OWNER"' }).waitFor();
  await page.getByRole("button", { name: /Show Documentation Explorer/ }).click();
  await page.locator(".graphiql-doc-explorer").getByText("Query", { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
});

test("GraphiQL runs a subscription over the WebSocket", async () => {
  const { page, complaints } = home;
  await page.locator(".graphiql-query-editor .CodeMirror").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText('subscription { importStatusChanged(since: "2020-01-01T00:00:00Z") { status fileName } }');
  await page.getByRole("button", { name: /Execute query/ }).click();
  await page.locator(".graphiql-response", { hasText: /"fileName": "fatura/ }).waitFor();
  await page.getByRole("button", { name: /Stop query/ }).click();
  assert.deepEqual(complaints, []);
});

test("an import that one looks at is followed to its end when ten newer ones push it off the list", async () => {
  const { page, complaints } = home;
  const folder = await mkdtemp(path.join(tmpdir(), "entrepot-e2e-"));
  try {
    const file = path.join(folder, "long.csv");
    await writeFile(file, "Tesis,Dönem,Tüketim\n" + "İzmir,Mart 2024,1\n".repeat(4_000_000));
    await page.goto(server.origin);
    await page.getByText("Live", { exact: true }).nth(1).waitFor();
    const imports = await ids(page, "data-import");
    await page.getByLabel("File", { exact: true }).setInputFiles(file);
    await page.getByLabel("Import definition").selectOption({ label: "Elektrik faturası" });
    await page.getByRole("button", { name: "Upload and import" }).click();
    const long = fresh(page, "data-import", imports);
    const id = await long.getAttribute("data-import");
    await long.getByRole("button", { name: "long.csv" }).click();
    const { data } = await ask(page, `{ import(id: "${id}") { importDefinition { id } uploadHistory { id } } }`);
    const input = `{ uploadHistoryId: "${data.import.uploadHistory.id}", importDefinitionId: "${data.import.importDefinition.id}" }`;
    const newer = await ask(page, `mutation { ${tenTimes((at) => `s${at}: startImport(input: ${input}) { import { id } }`)} }`);
    await page.locator(`[data-import="${id}"]`).waitFor({ state: "detached" });
    await page.getByText("The results appear when the import has ended.").waitFor();
    const cancel = (at) => `c${at}: cancelImport(input: { id: "${newer.data[`s${at}`].import.id}" }) { userErrors { code } }`;
    await ask(page, `mutation { ${tenTimes(cancel)} }`);
    await page.getByText("4,000,000 rows, 4,000,000 accepted, 0 rejected").waitFor({ timeout: 60_000 });
    await page.getByText(/^1 of 1 results?$/).waitFor();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  assert.deepEqual(complaints, []);
});

test("the sign-in outlives a reload, and signing out ends it", async () => {
  const { page, complaints } = home;
  await page.goto(server.origin);
  await page.locator("[data-import]").first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  assert.equal(await page.evaluate((key) => sessionStorage.getItem(key), TOKEN), null);
  await page.reload();
  await page.getByLabel("Or paste the link or a token here").waitFor();
  assert.deepEqual(complaints, []);
});

test("a wrong token is refused in a sentence", async () => {
  const { page, context, complaints } = await openPage(browser, server.origin);
  await page.goto(server.origin);
  await page.getByLabel("Or paste the link or a token here").fill("not-a-token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("Please sign in again").waitFor();
  assert.deepEqual(
    complaints.filter((each) => !each.includes("401")),
    [],
  );
  await context.close();
});
