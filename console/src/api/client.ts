import { createClient } from "graphql-ws";
import type { Client as SocketClient } from "graphql-ws";
import { ApiError, UNAUTHENTICATED, signedOut, unreachable } from "./error.ts";

/** A GraphQL document that knows what it answers with and what it is given. */
export interface Operation<Data, Variables> {
  readonly text: string;
  /** Never there at run time: it carries the types. */
  readonly types?: (variables: Variables) => Data;
}

export function gql<Data, Variables = Record<string, never>>(text: string): Operation<Data, Variables> {
  return { text: text.trim() };
}

/** What a subscription tells while it runs. Exactly one of `failed` and `completed` comes last, unless it was stopped. */
export interface Listener<Data> {
  connected(): void;
  next(data: Data): void;
  failed(error: ApiError): void;
  completed(): void;
}

/** The one way in which the page speaks GraphQL. */
export interface Client {
  /** Runs a query or mutation. Throws an ApiError. */
  request<Data, Variables>(operation: Operation<Data, Variables>, variables: Variables): Promise<Data>;
  /** Starts a subscription and answers with what stops it. It does not try again by itself: whoever listens must first fetch anew. */
  subscribe<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    listener: Listener<Data>,
  ): () => void;
  close(): void;
}

export interface ClientConfig {
  /** The page's own origin, such as http://127.0.0.1:8080. */
  origin: string;
  /** Asked for at every request and connection. */
  token: () => string;
  /** Called when the server no longer takes the token. */
  onSignedOut: (error: ApiError) => void;
  fetch?: typeof fetch;
}

interface Answer {
  data?: unknown;
  errors?: readonly GraphQLError[];
}

interface GraphQLError {
  message: string;
  extensions?: Record<string, unknown>;
}

/** Codes with which the server closes a WebSocket whose token it does not take, or no longer takes. */
const CLOSED_FOR_TOKEN = new Set([4401, 4403]);

export function createApi(config: ClientConfig): Client {
  const send = config.fetch ?? fetch.bind(globalThis);
  const socket = lazySocket(config);

  /** Tells the page once when a failure means that the person is signed out. */
  function noticed(error: ApiError): ApiError {
    if (error.code === UNAUTHENTICATED) {
      config.onSignedOut(error);
    }
    return error;
  }

  return {
    async request<Data, Variables>(operation: Operation<Data, Variables>, variables: Variables): Promise<Data> {
      let response: Response;
      try {
        response = await send(`${config.origin}/graphql`, {
          method: "POST",
          headers: {
            Accept: "application/graphql-response+json, application/json",
            Authorization: `Bearer ${config.token()}`,
            "Content-Type": "application/json",
          },
          body: JSON.stringify({ query: operation.text, variables }),
        });
      } catch {
        throw unreachable();
      }
      if (response.status === 401) {
        throw noticed(signedOut());
      }
      const answer = await readAnswer(response);
      const error = firstError(answer.errors);
      if (error) {
        throw noticed(error);
      }
      return answer.data as Data;
    },

    subscribe<Data, Variables>(
      operation: Operation<Data, Variables>,
      variables: Variables,
      listener: Listener<Data>,
    ): () => void {
      // An error inside a message is followed by a `complete`, which would be a second ending.
      let over = false;
      function fail(error: ApiError): void {
        if (!over) {
          over = true;
          listener.failed(noticed(error));
        }
      }
      const { client, isOpen } = socket.get();
      const forget = client.on("connected", () => listener.connected());
      const stop = client.subscribe<Data>(
        { query: operation.text, variables: variables as Record<string, unknown> },
        {
          next(answer) {
            const error = firstError(answer.errors as readonly GraphQLError[] | undefined);
            if (error) {
              fail(error);
            } else if (!over && answer.data) {
              listener.next(answer.data);
            }
          },
          error: (thrown) => fail(socketError(thrown)),
          complete() {
            if (!over) {
              over = true;
              listener.completed();
            }
          },
        },
      );
      // Subscriptions share one socket, and whoever comes second hears nothing of its opening.
      if (isOpen()) {
        listener.connected();
      }
      return () => {
        over = true;
        forget();
        stop();
      };
    },

    close: socket.close,
  };
}

interface Socket {
  client: SocketClient;
  isOpen: () => boolean;
}

/** The WebSocket that all subscriptions share, made with the first of them. */
function lazySocket({ origin, token }: ClientConfig) {
  let made: Socket | undefined;

  function make(): Socket {
    const client = createClient({
      url: `${origin.replace(/^http/, "ws")}/graphql`,
      connectionParams: () => ({ Authorization: `Bearer ${token()}` }),
      retryAttempts: 0,
      keepAlive: 20_000,
    });
    let open = false;
    client.on("connected", () => {
      open = true;
    });
    client.on("closed", () => {
      open = false;
    });
    return { client, isOpen: () => open };
  }

  return {
    get: () => (made ??= make()),
    close: () => void made?.client.dispose(),
  };
}

async function readAnswer(response: Response): Promise<Answer> {
  try {
    const answer: unknown = await response.json();
    if (typeof answer === "object" && answer !== null && ("data" in answer || "errors" in answer)) {
      return answer as Answer;
    }
  } catch {
    // Not JSON: a proxy's page, most likely. The status says more than its text.
  }
  throw new ApiError("BAD_ANSWER", `The server answered with status ${response.status} and nothing that this page can read.`);
}

function firstError(errors: readonly GraphQLError[] | undefined): ApiError | undefined {
  const error = errors?.[0];
  if (!error) {
    return undefined;
  }
  const code = error.extensions?.["code"];
  return code === UNAUTHENTICATED
    ? signedOut()
    : new ApiError(typeof code === "string" ? code : "UNKNOWN", error.message);
}

/** What graphql-ws throws is a close event, a list of GraphQL errors, or something of the browser's. */
function socketError(thrown: unknown): ApiError {
  if (Array.isArray(thrown)) {
    return firstError(thrown as GraphQLError[]) ?? unreachable();
  }
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "number") {
    return CLOSED_FOR_TOKEN.has(thrown.code) ? signedOut() : unreachable();
  }
  return unreachable();
}
