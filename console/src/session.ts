import { ApiError, unreachable } from "./api/error.ts";

/** The bearer token lives in sessionStorage: in this tab, until it is closed. There are no cookies. */
const KEY = "entrepot.token";

export function readToken(storage: Storage = sessionStorage): string | null {
  return storage.getItem(KEY);
}

export function keepToken(token: string, storage: Storage = sessionStorage): void {
  storage.setItem(KEY, token);
}

export function forgetToken(storage: Storage = sessionStorage): void {
  storage.removeItem(KEY);
}

/** Reads the one-time code out of a sign-in link or its fragment; null when there is none. */
export function codeIn(text: string): string | null {
  const mark = text.indexOf("#");
  return mark < 0 ? null : new URLSearchParams(text.slice(mark + 1)).get("code") || null;
}

/** Takes the code out of the address bar, so that it stays neither there nor in the history. */
export function takeCode(from: Location = location, history: History = globalThis.history): string | null {
  const code = codeIn(from.hash);
  if (code !== null) {
    history.replaceState(null, "", from.pathname + from.search);
  }
  return code;
}

/** Exchanges a one-time code for a bearer token. Throws an ApiError whose message is fit for the person. */
export async function exchange(code: string, send: typeof fetch = fetch): Promise<string> {
  let response: Response;
  try {
    response = await send("/auth/exchange", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ code }),
    });
  } catch {
    throw unreachable();
  }
  if (response.status === 401) {
    throw new ApiError("CODE_INVALID", "This sign-in link has been used already or has expired. Each link works once.");
  }
  const answer = (await response.json().catch(() => null)) as { token?: unknown } | null;
  if (!response.ok || typeof answer?.token !== "string") {
    throw new ApiError("BAD_ANSWER", `The sign-in did not work: the server answered with status ${response.status}.`);
  }
  return answer.token;
}
