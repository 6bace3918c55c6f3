import { useRef, useState } from "react";
import type { SubmitEvent } from "react";
import type { ImportDetails, ImportRow } from "../api/operations.ts";
import { put } from "../api/put.ts";
import { run } from "../api/upload.ts";
import type { Problem, Step, Stored } from "../api/upload.ts";
import { useClient } from "../context.ts";
import { formatMany } from "../format.ts";
import { Labelled } from "../ui/labelled.tsx";
import { ACCEPT, STEPS } from "./upload-form.tsx";

const ENDED_BY_ROWS = new Set(["INVALID_ROWS", "NO_VALID_ROWS"]);

/** Whether an import has rows that were set aside and that nobody has corrected yet, in a file that one may see. */
export function isCorrectable(details: ImportDetails): boolean {
  return (
    details.rejectedRowCount > 0 &&
    details.supersededBy === null &&
    details.fileName !== null &&
    (details.status === "PARTIALLY_COMPLETED" || ENDED_BY_ROWS.has(details.errorCode ?? ""))
  );
}

/** Takes the corrected rows and imports them together with those that were accepted. */
export function Correction({ details, onStarted }: { details: ImportDetails; onStarted: (row: ImportRow) => void }) {
  const client = useClient();
  const [problems, setProblems] = useState<Problem[]>([]);
  const [progress, setProgress] = useState<{ step: Step; sent: number } | null>(null);
  const stored = useRef<Stored | null>(null);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const file = new FormData(form).get("corrected");
    if (!(file instanceof File) || file.name === "") {
      setProblems([{ field: "file", code: "MISSING", message: "Choose the corrected file first." }]);
      form.querySelector<HTMLElement>('[name="corrected"]')?.focus();
      return;
    }
    setProblems([]);
    const job = { source: file, definitionId: details.importDefinition.id, year: null, correctionOf: details.id };
    const outcome = await run(job, stored.current, {
      client,
      put,
      onStep: (step, sent) => setProgress({ step, sent }),
    });
    stored.current = outcome.stored;
    setProgress(null);
    setProblems(outcome.problems);
    if (outcome.started) {
      onStarted(outcome.started);
    }
  }

  const general = problems.filter((each) => each.field !== "file");
  return (
    <form onSubmit={(event) => void submit(event)} noValidate aria-labelledby="correct">
      <h3 id="correct">Correct these rows</h3>
      <p className="hint">
        Download the {formatMany(details.rejectedRowCount, "rejected row")}, put right what the last column says, and send the
        file here. It is imported together with the rows that were accepted.
      </p>
      <Labelled label="Corrected file" problems={problems} field="file" hint="">
        {(props) => <input {...props} type="file" name="corrected" accept={ACCEPT} />}
      </Labelled>
      {general.length > 0 && (
        <div className="notice bad" role="alert">
          {general.map((each) => (
            <p key={each.code + each.message}>{each.message}</p>
          ))}
        </div>
      )}
      <div className="row">
        <button type="submit" className="primary" disabled={progress !== null}>
          Upload the correction
        </button>
        <p className="hint" role="status">
          {progress ? STEPS[progress.step] : ""}
        </p>
        {progress?.step === "sending" && <progress value={progress.sent} max={1} aria-label="Sent" />}
      </div>
    </form>
  );
}
