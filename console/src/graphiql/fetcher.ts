import { Kind, parse } from "graphql";
import type { OperationDefinitionNode } from "graphql";
import { createClient } from "graphql-ws";
import type { GraphiQL } from "graphiql";
import type { ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];
type Params = Parameters<Fetcher>[0];

/**
 * Queries and mutations by POST, subscriptions over a WebSocket of their own. The token goes with both, and so does what
 * the headers tab holds: over the WebSocket those are keys of the connection's first message.
 */
export function createFetcher(token: string): Fetcher {
  return (params, options) => {
    const headers: Record<string, unknown> = { Authorization: `Bearer ${token}`, ...options?.headers };
    const operation = chosen(params);
    const request = operation ? { ...params, operationName: operation.name?.value ?? null } : params;
    return operation?.operation === "subscription" ? listen(request, headers) : post(request, headers);
  };
}

/**
 * The operation to run. GraphiQL reads names and kinds out of the text a moment after the last key: run at once, it would
 * ask for an operation that is not there any more. The only one in the text is meant whatever the name.
 */
function chosen(params: Params): OperationDefinitionNode | undefined {
  try {
    const operations = parse(params.query).definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
    return operations.length === 1
      ? operations[0]
      : operations.find((each) => each.name?.value === params.operationName);
  } catch {
    // Not GraphQL: the server says where and why.
    return undefined;
  }
}

async function post(params: Params, headers: Record<string, unknown>) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      ...(headers as Record<string, string>),
    },
    body: JSON.stringify(params),
  });
  return response.json();
}

function listen(params: Params, headers: Record<string, unknown>): ReturnType<Fetcher> {
  const client = createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    connectionParams: headers,
    retryAttempts: 0,
  });
  const answers = client.iterate({
    query: params.query,
    operationName: params.operationName ?? null,
    variables: params.variables as Record<string, unknown> | null,
  });
  // GraphiQL prints what comes; its type asks for errors as the engine makes them, and these come as JSON.
  return answers as unknown as ReturnType<Fetcher>;
}
