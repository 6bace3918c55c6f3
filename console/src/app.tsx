import { useCallback, useEffect, useRef, useState } from "react";
import { createApi } from "./api/client.ts";
import type { Client } from "./api/client.ts";
import { ApiError, UNAUTHENTICATED, sentence } from "./api/error.ts";
import { VIEWER } from "./api/operations.ts";
import type { Viewer } from "./api/operations.ts";
import { ClientContext } from "./context.ts";
import { Home } from "./home/home.tsx";
import { exchange, forgetToken, keepToken, readToken, takeCode } from "./session.ts";
import { Header } from "./ui/header.tsx";
import { SignIn } from "./ui/sign-in.tsx";

type State =
  | { is: "signing-in" }
  | { is: "out"; notice: string | null }
  | { is: "stuck"; problem: string }
  | { is: "in"; client: Client; viewer: Viewer; notice: string | null };

/** The gate: who is signed in sees the app, everybody else how to sign in. */
export function App({ code }: { code: string | null }) {
  const [state, setState] = useState<State>({ is: "signing-in" });
  const current = useRef<Client | null>(null);

  const leave = useCallback((notice: string | null) => {
    forgetToken();
    current.current?.close();
    current.current = null;
    setState({ is: "out", notice });
  }, []);

  /** Shows the app to the holder of the kept token. */
  const enter = useCallback(
    async (notice: string | null) => {
      const token = readToken();
      if (token === null) {
        leave(notice);
        return;
      }
      current.current?.close();
      const client = createApi({
        origin: location.origin,
        token: () => token,
        onSignedOut: (error) => current.current === client && leave(error.message),
      });
      current.current = client;
      try {
        const { viewer } = await client.request(VIEWER, {});
        if (current.current === client) {
          setState({ is: "in", client, viewer, notice });
        }
      } catch (error) {
        if (current.current === client && !(error instanceof ApiError && error.code === UNAUTHENTICATED)) {
          setState({ is: "stuck", problem: sentence(error) });
        }
      }
    },
    [leave],
  );

  const redeem = useCallback(
    async (given: string) => {
      setState({ is: "signing-in" });
      try {
        keepToken(await exchange(given));
      } catch (error) {
        // Whoever is signed in already stays so: only the link was of no use.
        await enter(sentence(error));
        return;
      }
      await enter(null);
    },
    [enter],
  );

  const begun = useRef(false);
  useEffect(() => {
    if (!begun.current) {
      begun.current = true;
      void (code === null ? enter(null) : redeem(code));
    }
    // A link opened in this very tab changes the fragment and loads nothing.
    function onHashChange(): void {
      const given = takeCode();
      if (given !== null) {
        void redeem(given);
      }
    }
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, [code, enter, redeem]);

  switch (state.is) {
    case "signing-in":
      return (
        <p className="splash" role="status">
          Signing in…
        </p>
      );
    case "stuck":
      return (
        <main className="narrow card">
          <h1>Entrepot</h1>
          <p role="alert">{state.problem}</p>
          <button type="button" onClick={() => void enter(null)}>
            Try again
          </button>
        </main>
      );
    case "out":
      return (
        <SignIn
          notice={state.notice}
          onCode={(given) => void redeem(given)}
          onToken={(token) => {
            keepToken(token);
            setState({ is: "signing-in" });
            void enter(null);
          }}
        />
      );
    case "in":
      return (
        <ClientContext value={state.client}>
          <Header viewer={state.viewer} onSignOut={() => leave("You are signed out.")} />
          {state.notice !== null && (
            <p className="notice banner" role="status">
              {state.notice} You are still signed in as {state.viewer.user.name}.
            </p>
          )}
          <Home viewer={state.viewer} />
        </ClientContext>
      );
    default:
      return null;
  }
}
