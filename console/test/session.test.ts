import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../src/api/error.ts";
import { codeIn, exchange, takeCode } from "../src/session.ts";

test("a code is found in a link and in its fragment", () => {
  assert.equal(codeIn("http://127.0.0.1:8080/#code=abc-_1"), "abc-_1");
  assert.equal(codeIn("#code=abc"), "abc");
  assert.equal(codeIn("#other=1&code=a%2Bb"), "a+b");
});

test("what holds no code is not taken for one", () => {
  for (const text of ["", "#", "#code=", "code=abc", "eyJhbGciOi.code=abc", "http://127.0.0.1:8080/?code=abc"]) {
    assert.equal(codeIn(text), null, text);
  }
});

function at(hash: string): Location {
  return { hash, pathname: "/imports", search: "?a=1" } as Location;
}

test("the code is taken out of the address, and nothing else is", () => {
  const replaced: unknown[] = [];
  const history = { replaceState: (...given: unknown[]) => void replaced.push(given[2]) } as unknown as History;
  assert.equal(takeCode(at("#code=abc"), history), "abc");
  assert.deepEqual(replaced, ["/imports?a=1"]);
  assert.equal(takeCode(at("#details"), history), null);
  assert.equal(replaced.length, 1);
});

function answering(status: number, body: string): typeof fetch {
  return () => Promise.resolve(new Response(body, { status }));
}

test("a good code becomes a token", async () => {
  let sent: RequestInit | undefined;
  const token = await exchange("abc", (_, init) => {
    sent = init;
    return Promise.resolve(Response.json({ token: "t", expiresAt: "2026-01-01T00:00:00Z" }));
  });
  assert.equal(token, "t");
  assert.equal(sent?.method, "POST");
  assert.equal(sent?.body, '{"code":"abc"}');
});

test("a used code and a broken server are told apart", async () => {
  await assert.rejects(exchange("abc", answering(401, '{"code":"CODE_INVALID","message":"x"}')), {
    code: "CODE_INVALID",
    message: /used already or has expired/,
  });
  await assert.rejects(exchange("abc", answering(500, "oops")), { code: "BAD_ANSWER", message: /status 500/ });
  await assert.rejects(exchange("abc", answering(200, "{}")), { code: "BAD_ANSWER" });
  await assert.rejects(
    exchange("abc", () => Promise.reject(new TypeError("no route"))),
    (error) => error instanceof ApiError && error.code === "UNREACHABLE",
  );
});
