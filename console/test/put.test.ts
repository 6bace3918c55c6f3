import assert from "node:assert/strict";
import { test } from "node:test";
import { putOver } from "../src/api/put.ts";
import type { Answer, Call } from "../src/api/send.ts";

const KIB = 1024;
const SIZE = 1000 * KIB;
const file = new File([new Uint8Array(SIZE)], "rows.csv", { type: "text/csv" });
const SESSION = "https://bucket.example/rows?upload_id=1";
const headers = [
  { name: "Content-Type", value: "text/csv" },
  { name: "x-goog-content-length-range", value: `0,${SIZE}` },
  { name: "x-goog-if-generation-match", value: "0" },
];
const plain = { method: "PUT", url: "https://bucket.example/rows?X-Goog-Signature=1", headers };
const resumable = { ...plain, method: "POST", headers: [...headers, { name: "x-goog-resumable", value: "start" }] };

function answer(status: number, head: Record<string, string> = {}, text = ""): Answer {
  return { status, text, header: (name) => head[name] ?? null };
}

const started = answer(201, { Location: SESSION });
const done = answer(200);
const broke = null;

function has(bytes: number): Answer {
  return answer(308, bytes > 0 ? { Range: `bytes=0-${bytes - 1}` } : {});
}

/** A connection that answers in turn, and what went over it. */
function line(...answers: (Answer | null)[]) {
  const calls: Call[] = [];
  const progress: number[] = [];
  const waited: number[] = [];
  const put = putOver(
    (call, onSent) => {
      calls.push(call);
      assert.ok(calls.length <= answers.length, `there was one call more than expected: ${describe(call)}`);
      onSent(call.body ? call.body.size / 2 : 0);
      return Promise.resolve(answers[calls.length - 1] ?? null);
    },
    (milliseconds) => {
      waited.push(milliseconds);
      return Promise.resolve();
    },
  );
  return {
    calls,
    progress,
    waited,
    send: (request: typeof plain) => put(request, file, (sent) => progress.push(sent)),
    told: () => calls.map(describe),
  };
}

function describe({ method, url, headers: head, body }: Call): string {
  const range = head.find((each) => each.name === "Content-Range")?.value ?? "";
  return `${method} ${url === SESSION ? "session" : "signed"} ${range} ${body?.size ?? "-"}`.replaceAll(/ +/g, " ");
}

const ALL = `PUT session ${SIZE}`;
const ASK = `PUT session bytes */${SIZE} -`;

function from(bytes: number): string {
  return `PUT session bytes ${bytes}-${SIZE - 1}/${SIZE} ${SIZE - bytes}`;
}

test("a signed PUT takes the whole file, with all headers that were signed", async () => {
  const l = line(done);
  await l.send(plain);
  assert.deepEqual(l.calls, [{ ...plain, body: file }]);
  assert.deepEqual(l.progress, [0.5]);
});

test("a signed POST begins an upload, which takes the file where the answer says", async () => {
  const l = line(started, done);
  await l.send(resumable);
  assert.deepEqual(l.calls[0], resumable);
  assert.deepEqual(l.calls[1]?.headers, [], "what was signed belongs to the POST alone");
  assert.deepEqual(l.told(), ["POST signed -", ALL]);
  assert.deepEqual(l.progress, [0.5]);
  assert.deepEqual(l.waited, []);
});

test("after a break the rest follows what has arrived", async () => {
  const l = line(started, broke, has(256 * KIB), broke, has(512 * KIB), done);
  await l.send(resumable);
  assert.deepEqual(l.told(), ["POST signed -", ALL, ASK, from(256 * KIB), ASK, from(512 * KIB)]);
  assert.deepEqual(l.progress, [0.5, 0.256, 0.628, 0.512, 0.756].map((part) => (part * 1024 * 1000) / SIZE));
  assert.deepEqual(l.waited, [1000, 1000], "what brought something does not count as a try in vain");
});

test("where nothing has arrived all is sent again", async () => {
  const l = line(started, broke, has(0), done);
  await l.send(resumable);
  assert.deepEqual(l.told(), ["POST signed -", ALL, ASK, ALL]);
});

test("a piece that was taken in part is gone on from", async () => {
  const l = line(started, has(256 * KIB), done);
  await l.send(resumable);
  assert.deepEqual(l.told(), ["POST signed -", ALL, from(256 * KIB)]);
  assert.deepEqual(l.waited, []);
});

test("an end whose answer was lost is an end", async () => {
  const l = line(started, broke, done);
  await l.send(resumable);
  assert.deepEqual(l.told(), ["POST signed -", ALL, ASK]);
});

test("a storage that has all of it and no object yet is asked again", async () => {
  const l = line(started, broke, has(SIZE), done);
  await l.send(resumable);
  assert.deepEqual(l.told(), ["POST signed -", ALL, ASK, ASK]);
});

test("a storage that is busy, or does not answer, is given some time", async () => {
  const l = line(broke, answer(503), started, answer(503), broke, has(0), answer(429), has(0), done);
  await l.send(resumable);
  assert.deepEqual(l.told(), ["POST signed -", "POST signed -", "POST signed -", ALL, ASK, ASK, ALL, ASK, ALL]);
  assert.deepEqual(l.waited, [1000, 2000, 1000, 2000, 4000]);
});

test("it is given up after four tries that brought nothing", async () => {
  const sentence = { code: "TRANSFER_BROKEN", message: /could not be sent to bucket\.example.*online.*send it again.*entrepot doctor/ };
  const start = line(broke, broke, broke, broke, broke);
  await assert.rejects(start.send(resumable), sentence);
  assert.deepEqual(start.waited, [1000, 2000, 4000, 8000]);

  const middle = line(started, broke, has(256 * KIB), broke, broke, broke, broke, broke);
  await assert.rejects(middle.send(resumable), sentence);

  const standing = line(started, has(0), has(0), has(0), has(0), has(0), has(0), has(0), has(0), has(0));
  await assert.rejects(standing.send(resumable), { code: "TRANSFER_REFUSED", message: /status 308/ });

  await assert.rejects(line(broke).send(plain), sentence);
});

test("a page that may not read where the rest goes says what to do", async () => {
  await assert.rejects(line(answer(201)).send(resumable), { code: "TRANSFER_REFUSED", message: /header Location.*CORS.*entrepot doctor/ });
});

function google(code: string): string {
  return `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>No.</Message></Error>`;
}

test("what the storage refuses is told in words, whenever it does", async () => {
  for (const [refusal, words] of [
    [answer(412, {}, google("PreconditionFailed")), /bucket\.example has a file at this address already.*Send it again/],
    [answer(400, {}, google("ExpiredToken")), /permission to send the file had expired.*send it again/],
    [answer(403, {}, '{"code":"URL_EXPIRED","message":"This address expired."}'), /permission to send the file had expired/],
    [answer(403, {}, google("SignatureDoesNotMatch")), /did not accept the permission.*may have expired.*entrepot doctor/],
    [answer(400, {}, google("EntityTooLarge")), /another size than was announced.*Choose it again/],
    [answer(400, {}, '{"error":{"code":400,"message":"Your upload is larger than the maximum."}}'), /another size/],
    [answer(413), /another size than was announced/],
    [answer(404), /does not know this upload.*send it again/],
    [answer(410), /does not know this upload/],
    [answer(400, {}, google("InvalidArgument")), /refused the file \(status 400, InvalidArgument\)/],
    [answer(418), /refused the file \(status 418\)/],
  ] as const) {
    const told = { code: "TRANSFER_REFUSED", message: words };
    await assert.rejects(line(refusal).send(plain), told);
    await assert.rejects(line(refusal).send(resumable), told);
    await assert.rejects(line(started, refusal).send(resumable), told);
    await assert.rejects(line(started, broke, refusal).send(resumable), told);
  }
  await assert.rejects(line(answer(503)).send(plain), { message: /cannot take the file now \(status 503\).*in some minutes/ });
  await assert.rejects(line(answer(408)).send(plain), { message: /broke off.*send it again/ });
});
