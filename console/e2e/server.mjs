import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startProcess } from "./process.mjs";

// The link is whole when something follows it.
const LINK = /(http:\/\/127\.0\.0\.1:\d+\/#code=[^\s"]+)[\s"]/;

/**
 * Starts the binary on a free port with a new data folder. Answers with the sign-in link that it prints, its origin, and
 * what stops it and removes the folder.
 */
export async function startServer(binary, environment = {}) {
  const data = await mkdtemp(path.join(tmpdir(), "entrepot-e2e-"));
  const clear = () => rm(data, { recursive: true, force: true });
  try {
    const { match, printed, stop } = await startProcess(path.resolve(binary), ["--addr", "127.0.0.1:0", "--data", data], {
      said: LINK,
      environment,
    });
    return {
      link: match[1],
      origin: new URL(match[1]).origin,
      printed,
      async stop() {
        await stop();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}
