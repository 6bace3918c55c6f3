import { useState } from "react";
import { sentence } from "../api/error.ts";
import { LINKS } from "../api/operations.ts";
import type { ImportDetails, Links } from "../api/operations.ts";
import { useClient } from "../context.ts";

/** What of an import can be saved as a file. Links are signed for some minutes, so each is asked for when it is wanted. */
export function Downloads({ details }: { details: ImportDetails }) {
  const client = useClient();
  const [problem, setProblem] = useState<string | null>(null);

  async function save(which: keyof Links): Promise<void> {
    setProblem(null);
    try {
      const link = (await client.request(LINKS, { id: details.id })).import?.[which];
      if (!link) {
        setProblem("This file is not there any more.");
        return;
      }
      // The answer says that it is to be saved: the page stays.
      location.assign(link.url);
    } catch (error) {
      setProblem(sentence(error));
    }
  }

  const rejected = details.rejectedRowCount > 0 && details.fileName !== null;
  if (!rejected && details.resultCount === 0) {
    return null;
  }
  return (
    <>
      <div className="row" role="group" aria-label="Downloads">
        {rejected && (
          <button type="button" onClick={() => void save("rejectedRows")}>
            Download rejected rows
          </button>
        )}
        {details.resultCount > 0 && (
          <>
            <button type="button" onClick={() => void save("csv")}>
              Download results as CSV
            </button>
            <button type="button" onClick={() => void save("jsonl")}>
              Download results as JSON Lines
            </button>
          </>
        )}
      </div>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
