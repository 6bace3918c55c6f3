import { spawn } from "node:child_process";

const PATIENCE = 60_000;

/**
 * Starts a program and waits until what it prints matches `said`. Answers with the match, all that it has printed so far, and
 * what stops it. Programs get our own environment and what is named beside it.
 */
export async function startProcess(program, args, { said, environment = {} }) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
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
  }

  try {
    const match = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`nothing like ${said} after ${PATIENCE} ms:\n${printed}`)), PATIENCE);
      child.stdout.setEncoding("utf8").on("data", (chunk) => {
        printed += chunk;
        const found = said.exec(printed);
        if (found) {
          clearTimeout(late);
          resolve(found);
        }
      });
      child.stderr.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
      void ended.then((why) => {
        clearTimeout(late);
        reject(new Error(`${program} ended (${why}) before it said ${said}:\n${printed}`));
      });
    });
    return { match, printed: () => printed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
