import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startProcess } from "./process.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PATIENCE = 60_000;
const SAID = /^export STORAGE_EMULATOR_HOST=127\.0\.0\.1:(\d+)\nexport GOOGLE_APPLICATION_CREDENTIALS='(.+)'\nexport BUCKET_URL=gs:\/\/(.+)\n/m;

/**
 * Starts the test server of Google Cloud Storage, twice over the same objects: one that lets every page in, and one that by
 * its CORS settings lets in none of ours. A line that can be held and cut leads to the first, or to the second. Answers with
 * the environment in which the binary keeps its files there, the line, and what stops it all and removes what was kept.
 */
export async function startBucket() {
  const folder = await mkdtemp(path.join(tmpdir(), "entrepot-e2e-bucket-"));
  const ends = [() => rm(folder, { recursive: true, force: true })];
  async function stop() {
    for (const end of ends.toReversed()) {
      await end();
    }
  }
  try {
    const program = path.join(folder, "serve.exe");
    // Without cgo, as everything that is built to be run: what is compiled once serves all.
    const env = { ...process.env, CGO_ENABLED: "0" };
    await promisify(execFile)("go", ["build", "-o", program, "./internal/fakegcs/serve"], { cwd: ROOT, env });
    const args = ["--addr", "127.0.0.1:0", "--folder", path.join(folder, "objects")];
    const open = await startProcess(program, args, { said: SAID });
    ends.push(open.stop);
    const closed = await startProcess(program, [...args, "--origin", "https://elsewhere.example"], { said: SAID });
    ends.push(closed.stop);
    const [, port, keyFile, bucket] = open.match;
    const line = await lay(Number(port));
    ends.push(line.stop);
    return {
      origin: `http://${line.host}`,
      environment: {
        STORAGE_EMULATOR_HOST: line.host,
        GOOGLE_APPLICATION_CREDENTIALS: keyFile,
        BUCKET_URL: `gs://${bucket}/some/prefix`,
      },
      line,
      /** Whether the pages of other origins are let in. */
      letIn: (all) => line.lead(Number(all ? port : closed.match[1])),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A line to a port of this machine, for whatever bytes go over it. */
async function lay(port) {
  let to = port;
  let trap = null;
  const connections = new Set();
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    const connection = { carried: 0, cut: () => [near, far].forEach((side) => side.destroy()) };
    connections.add(connection);
    let held = false;
    near.on("data", (chunk) => {
      connection.carried += chunk.length;
      if (trap !== null && connection.carried > trap.after) {
        held = true;
        trap.caught(connection.cut);
        trap = null;
      }
      if (held || !far.write(chunk)) {
        near.pause();
      }
    });
    far.on("drain", () => held || near.resume());
    far.on("data", (chunk) => near.write(chunk) || far.pause());
    near.on("drain", () => far.resume());
    for (const [side, other] of [
      [near, far],
      [far, near],
    ]) {
      side.on("error", connection.cut);
      side.on("close", () => {
        other.destroySoon();
        connections.delete(connection);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  function cutAll() {
    for (const connection of connections) {
      connection.cut();
    }
  }

  return {
    host: `127.0.0.1:${server.address().port}`,
    /** Waits for a connection to carry so many bytes from now on, and holds it there: answers with what cuts it. */
    hold: (after) =>
      new Promise((resolve, reject) => {
        for (const connection of connections) {
          connection.carried = 0;
        }
        const late = setTimeout(() => reject(new Error(`no connection carried ${after} bytes in ${PATIENCE} ms`)), PATIENCE);
        const caught = (cut) => {
          clearTimeout(late);
          resolve(cut);
        };
        trap = { after, caught };
      }),
    /** Leads elsewhere from now on. */
    lead(elsewhere) {
      to = elsewhere;
      cutAll();
    },
    async stop() {
      server.close();
      cutAll();
      await once(server, "close");
    },
  };
}
