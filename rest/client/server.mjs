import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const PATIENCE = 60_000;

/**
 * Starts the binary that ENTREPOT_BIN names on a free port with a new data folder. Answers with its origin, a token of the
 * demonstration's owner, and what stops it and removes the folder.
 */
export async function startServer() {
  assert.ok(process.env.ENTREPOT_BIN, "ENTREPOT_BIN must name the binary: go build -o entrepot . && ENTREPOT_BIN=../../entrepot npm test");
  const binary = path.resolve(process.env.ENTREPOT_BIN);
  const data = await mkdtemp(path.join(tmpdir(), "entrepot-rest-"));
  const child = spawn(binary, ["--addr", "127.0.0.1:0", "--data", data], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  });
  let printed = "";

  async function stop() {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 30_000);
      await ended;
      clearTimeout(force);
    }
    await rm(data, { recursive: true, force: true });
  }

  try {
    const origin = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no address after ${PATIENCE} ms:\n${printed}`)), PATIENCE);
      child.stderr.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
      child.stdout.setEncoding("utf8").on("data", (chunk) => {
        printed += chunk;
        const found = /^Entrepot is at (\S+?)\/?\n/m.exec(printed);
        if (found) {
          clearTimeout(late);
          resolve(found[1]);
        }
      });
      void ended.then((why) => {
        clearTimeout(late);
        reject(new Error(`${binary} ended (${why}) before it printed its address:\n${printed}`));
      });
    });
    const { stdout } = await promisify(execFile)(binary, ["token", "--data", data, "--url", origin]);
    return { origin, token: stdout.trim(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
