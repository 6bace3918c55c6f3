import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Debian's Chromium, or the one that CHROMIUM names. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
  });
}

/**
 * A page in a new, empty profile, with a record of everything that should not have happened: errors and warnings on the
 * console, exceptions, refused or failed requests, and requests to another origin than the page's and the bucket's.
 */
export async function openPage(browser, origin, bucket = origin) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  const complaints = [];
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => complaints.push(`exception: ${error.error().message}`));
  context.on("request", (request) => foreign(request.url()));
  context.on("response", (response) => {
    if (response.status() >= 400) {
      complaints.push(`status ${response.status()}: ${response.url()}`);
    }
  });
  const page = await context.newPage();
  page.on("websocket", (socket) => foreign(socket.url().replace(/^ws/, "http")));
  page.setDefaultTimeout(20_000);

  function foreign(address) {
    const url = new URL(address);
    const local = url.protocol === "data:" || url.protocol === "blob:";
    if (!local && url.origin !== origin && url.origin !== bucket) {
      complaints.push(`request to another origin: ${address}`);
    }
  }

  return { page, context, complaints };
}

/** The values of an attribute on the page, in order. */
export function ids(page, attribute) {
  return page.locator(`[${attribute}]`).evaluateAll((all, name) => all.map((each) => each.getAttribute(name)), attribute);
}

/** What has the attribute with a value that is not among the earlier ones. */
export function fresh(page, attribute, earlier) {
  return page.locator(`[${attribute}]${earlier.map((id) => `:not([${attribute}="${id}"])`).join("")}`);
}
