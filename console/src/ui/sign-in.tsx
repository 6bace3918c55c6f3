import { useState } from "react";
import type { SubmitEvent } from "react";
import { codeIn } from "../session.ts";
import { Logo } from "./logo.tsx";

interface SignInProps {
  notice: string | null;
  onCode: (code: string) => void;
  onToken: (token: string) => void;
}

/** What a person sees who is not signed in: where the link is, and another way in. */
export function SignIn({ notice, onCode, onToken }: SignInProps) {
  const [empty, setEmpty] = useState(false);

  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget).get("key") ?? "").trim();
    const code = codeIn(given);
    setEmpty(given === "");
    if (code !== null) {
      onCode(code);
    } else if (given !== "") {
      onToken(given.replace(/^Bearer\s+/i, ""));
    }
  }

  return (
    <main className="narrow card">
      <h1 className="brand">
        <Logo />
        Entrepot
      </h1>
      {notice !== null && (
        <p className="notice" role="alert">
          {notice}
        </p>
      )}
      <p>
        To sign in, open the link that the server printed when it started. It ends in <code>#code=…</code> and works once;
        every start prints a new one.
      </p>
      <form onSubmit={submit} noValidate>
        <label htmlFor="key">Or paste the link or a token here</label>
        <div className="row">
          <input
            id="key"
            name="key"
            type="password"
            autoComplete="off"
            aria-describedby="key-hint"
            aria-invalid={empty}
          />
          <button type="submit" className="primary">
            Sign in
          </button>
        </div>
        <p id="key-hint" className="hint">
          {empty ? (
            "There is nothing in the field yet."
          ) : (
            <>
              <code>entrepot token</code> prints a token.
            </>
          )}
        </p>
      </form>
    </main>
  );
}
