// A client of the REST API: openapi-fetch over the types that openapi-typescript makes of the server's own document.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./.check/api.js";

export type History = components["schemas"]["History"];

const ROOT = "/api/v1/general/upload-file/gcs";

/** One person's way with the API. Every method answers with what the document says, or throws what it says of refusals. */
export class Uploads {
  readonly #client: Client<paths>;

  constructor(origin: string, token: string) {
    this.#client = createClient<paths>({ baseUrl: origin, headers: { Authorization: `Bearer ${token}` } });
  }

  /** Takes a file from here into the bucket, and stores its history. */
  async upload(name: string, content: string): Promise<History> {
    const bytes = new TextEncoder().encode(content);
    const signed = await this.#client.POST(`${ROOT}/signed-url`, { body: { file_name: name, size: bytes.length } });
    const { method, url, headers, gcs_path } = must(signed);
    const sent = await fetch(url, { method, body: bytes, headers: headers.map(({ name, value }): [string, string] => [name, value]) });
    if (!sent.ok) {
      throw new Error(`the bucket answered ${sent.status}`);
    }
    return this.store(name, gcs_path);
  }

  async store(name: string, path: string, errorReason: string | null = null): Promise<History> {
    return must(
      await this.#client.POST(`${ROOT}/upload-history`, {
        body: { file_name: name, gcs_path: path, error_reason: errorReason },
      }),
    );
  }

  async get(id: number): Promise<History> {
    return must(await this.#client.GET(`${ROOT}/histories/{id}`, { params: { path: { id } } }));
  }

  /** All histories that a filter lets through, page after page. */
  async *list(filter: NonNullable<paths[`${typeof ROOT}/histories/list`]["get"]["parameters"]["query"]>): AsyncGenerator<History> {
    for (let number = 1, last = 1; number <= last; number++) {
      const page: components["schemas"]["HistoryList"] = must(
        await this.#client.GET(`${ROOT}/histories/list`, { params: { query: { ...filter, page: number } } }),
      );
      yield* page.data;
      last = page.last_page;
    }
  }

  async errors(id: number): Promise<components["schemas"]["RowErrorList"]> {
    return must(await this.#client.GET(`${ROOT}/histories/{id}/import-errors`, { params: { path: { id } } }));
  }

  async errorsFile(id: number): Promise<string> {
    return must(await this.#client.GET(`${ROOT}/histories/{id}/download-errors`, { params: { path: { id } }, parseAs: "text" }));
  }

  async original(id: number): Promise<string> {
    return must(await this.#client.GET(`${ROOT}/histories/{id}/download-original`, { params: { path: { id } }, parseAs: "text" }));
  }

  /** Waits for the check of a history, which takes no time worth naming. */
  async checked(id: number): Promise<History> {
    for (const until = Date.now() + 60_000; Date.now() < until; ) {
      const history = await this.get(id);
      if (history.status >= 2) {
        return history;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`history ${id} is still being checked`);
  }
}

/** Refused is an answer that is no success. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: components["schemas"]["Problem"],
  ) {
    super(problem.message);
  }
}

function must<Data>(answer: { data?: Data; error?: components["schemas"]["Problem"]; response: Response }): Data {
  if (answer.data === undefined) {
    throw new Refused(answer.response.status, answer.error ?? { message: "" });
  }
  return answer.data;
}

// What the types must refuse: each of these lines is an error to the compiler, or the one above it is.
export const refused = (client: Client<paths>) => [
  // @ts-expect-error there is no such path
  client.GET(`${ROOT}/histories`),
  // @ts-expect-error it is written, not read
  client.GET(`${ROOT}/signed-url`),
  // @ts-expect-error the path is missing
  client.POST(`${ROOT}/upload-history`, { body: { file_name: "a.csv" } }),
  // @ts-expect-error a size is a number
  client.POST(`${ROOT}/signed-url`, { body: { file_name: "a.csv", size: "1" } }),
  // @ts-expect-error a history has a number
  client.GET(`${ROOT}/histories/{id}`, { params: { path: { id: "1" } } }),
  // @ts-expect-error there is no such order
  client.GET(`${ROOT}/histories/list`, { params: { query: { sort: "size" } } }),
  // @ts-expect-error there is no such state
  client.GET(`${ROOT}/histories/list`, { params: { query: { status: [4] } } }),
];
