import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const LINK = /http:\/\/127\.0\.0\.1:\d+\/#code=[^\s"]+/;
const PATIENCE = 60_000;

/**
 * Starts the binary on a free port with a new data folder. Answers with the sign-in link that it prints, its origin, and
 * what stops it and removes the folder.
 */
export async function startServer(binary) {
  const data = await mkdtemp(path.join(tmpdir(), "entrepot-e2e-"));
  const child = spawn(path.resolve(binary), ["--addr", "127.0.0.1:0", "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  });

  async function stop() {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(force);
    }
    await rm(data, { recursive: true, force: true });
  }

  try {
    const link = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no sign-in link after ${PATIENCE} ms:\n${printed}`)), PATIENCE);
      function listen(chunk) {
        printed += chunk;
        const found = LINK.exec(printed);
        // The link is whole when something follows it.
        if (found && found.index + found[0].length < printed.length) {
          clearTimeout(late);
          resolve(found[0]);
        }
      }
      child.stdout.setEncoding("utf8").on("data", listen);
      child.stderr.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
      void ended.then((why) => {
        clearTimeout(late);
        reject(new Error(`${binary} ended (${why}) before it printed a sign-in link:\n${printed}`));
      });
    });
    return { link, origin: new URL(link).origin, printed: () => printed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
