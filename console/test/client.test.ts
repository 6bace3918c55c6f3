import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createApi, gql } from "../src/api/client.ts";
import type { ApiError } from "../src/api/error.ts";

const ROLE = gql<{ viewer: { role: string } }>("{ viewer { role } }");

/** A client of a server that answers everything alike, and what that server was sent. */
async function talk(t: TestContext, status: number, body: string) {
  const got: { headers?: IncomingHttpHeaders; body?: string } = {};
  const server = createServer((request, response) => {
    let sent = "";
    request.on("data", (chunk: Buffer) => (sent += chunk.toString()));
    request.on("end", () => {
      Object.assign(got, { headers: request.headers, body: sent });
      response.writeHead(status, { "Content-Type": "application/json" }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => server.close(resolve));
  t.after(close);
  const endings: ApiError[] = [];
  const client = createApi({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: () => "secret",
    onSignedOut: (error) => endings.push(error),
  });
  return { client, got, endings, close };
}

test("a request carries the token and the document, and answers with the data", async (t) => {
  const { client, got } = await talk(t, 200, '{"data":{"viewer":{"role":"OWNER"}}}');
  assert.deepEqual(await client.request(ROLE, {}), { viewer: { role: "OWNER" } });
  assert.equal(got.headers?.authorization, "Bearer secret");
  assert.deepEqual(JSON.parse(got.body ?? ""), { query: "{ viewer { role } }", variables: {} });
});

test("401 ends the sign-in", async (t) => {
  const { client, endings } = await talk(t, 401, "{}");
  await assert.rejects(client.request(ROLE, {}), { code: "UNAUTHENTICATED", message: /sign in again/ });
  assert.equal(endings.length, 1);
});

test("an UNAUTHENTICATED error ends it too, another does not", async (t) => {
  const signed = await talk(t, 200, '{"errors":[{"message":"x","extensions":{"code":"UNAUTHENTICATED"}}]}');
  await assert.rejects(signed.client.request(ROLE, {}), { code: "UNAUTHENTICATED" });
  assert.equal(signed.endings.length, 1);

  const other = await talk(t, 200, '{"data":null,"errors":[{"message":"too much","extensions":{"code":"LIMIT_EXCEEDED"}}]}');
  await assert.rejects(other.client.request(ROLE, {}), { code: "LIMIT_EXCEEDED", message: "too much" });
  assert.equal(other.endings.length, 0);
});

test("an answer that is not GraphQL is named by its status", async (t) => {
  for (const body of ["<html>Bad gateway</html>", "null", "[]", "{}"]) {
    const { client } = await talk(t, 502, body);
    await assert.rejects(client.request(ROLE, {}), { code: "BAD_ANSWER", message: /status 502/ });
  }
});

test("no answer at all is a sentence too", async (t) => {
  const { client, close } = await talk(t, 200, "{}");
  await close();
  await assert.rejects(client.request(ROLE, {}), { code: "UNREACHABLE", message: /cannot be reached/ });
});
