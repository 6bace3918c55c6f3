// Makes test runs short to read, and counts them. Called by .ci/test:
//
//   go test -json … | node .ci/tests.mjs go NAME FOLDER    a line per package, the whole output of what failed
//   npm test        | node .ci/tests.mjs node NAME FOLDER  passes through, and reads the totals of node's test runner
//   node .ci/tests.mjs total FOLDER                        “N passed, N failed, N skipped”, of all that ran
//
// A skipped Go test is named. With CI=true it is a failure: there everything must be able to run.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

const strict = process.env.CI === "true";

function keep(folder, name, counts) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), JSON.stringify(counts));
}

async function go(name, folder) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const output = new Map(); // package and test → lines
  const tests = new Map(); // package → how many ended
  const skipped = [];
  let broken = false;
  for await (const line of createInterface({ input: process.stdin })) {
    let event;
    try {
      event = JSON.parse(line);
    } catch {
      console.log(line);
      continue;
    }
    const { Action: action, Package: pkg, Test: test } = event;
    const key = `${pkg ?? event.ImportPath} ${test ?? ""}`;
    if (action === "output" || action === "build-output") {
      output.set(key, [...(output.get(key) ?? []), event.Output]);
    } else if (action === "build-fail") {
      broken = true;
      process.stdout.write((output.get(key) ?? []).join(""));
    } else if (action === "pass" || action === "fail" || action === "skip") {
      const lines = (output.get(key) ?? []).join("");
      output.delete(key);
      if (test === undefined) {
        finished(action, event, lines);
        continue;
      }
      tests.set(pkg, (tests.get(pkg) ?? 0) + 1);
      counts[{ pass: "passed", fail: "failed", skip: "skipped" }[action]] += 1;
      if (action === "skip") {
        skipped.push(`${pkg} ${test}`);
      } else if (action === "fail") {
        console.log(`--- FAIL: ${pkg} ${test}\n${lines}`);
      }
    }
  }

  function finished(action, event, lines) {
    const many = tests.get(event.Package) ?? 0;
    if (action === "fail") {
      broken = true;
      console.log(`FAIL ${event.Package} (${event.Elapsed} s)`);
      // What a package printed outside its tests: a panic, a data race, a timeout with the tests that were running.
      for (const [key, rest] of output) {
        if (key.startsWith(`${event.Package} `)) {
          console.log(rest.join(""));
        }
      }
      process.stdout.write(lines);
    } else if (many > 0) {
      console.log(`ok   ${event.Package} (${many} tests, ${event.Elapsed} s)`);
    }
  }

  keep(folder, name, counts);
  if (skipped.length > 0) {
    console.log(`\nSkipped:\n  ${skipped.join("\n  ")}`);
    if (strict) {
      console.log("Nothing may be skipped where CI=true.");
      broken = true;
    }
  }
  if (counts.passed === 0) {
    console.log("No Go test ran.");
    broken = true;
  }
  process.exitCode = broken || counts.failed > 0 ? 1 : 0;
}

async function node(name, folder) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const word = { pass: "passed", fail: "failed", cancelled: "failed", skipped: "skipped", todo: "skipped" };
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(line);
    const total = /^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$/.exec(line);
    if (total) {
      counts[word[total[1]]] += Number(total[2]);
    }
  }
  keep(folder, name, counts);
  if (counts.passed === 0 || counts.failed > 0 || (strict && counts.skipped > 0)) {
    console.log(`${name}: ${JSON.stringify(counts)}`);
    process.exitCode = 1;
  }
}

function total(folder) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const name of readdirSync(folder)) {
    const counts = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
    for (const each of Object.keys(sum)) {
      sum[each] += counts[each];
    }
  }
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
}

const [mode, ...rest] = process.argv.slice(2);
await { go, node, total }[mode](...rest);
