import { useEffect, useId, useRef, useState } from "react";
import type { ReactNode, SubmitEvent } from "react";
import { sentence } from "../api/error.ts";
import { DEFINITIONS } from "../api/operations.ts";
import type { Definition, ImportRow, Viewer } from "../api/operations.ts";
import { put } from "../api/put.ts";
import { run } from "../api/upload.ts";
import type { Field, Problem, Step, Stored } from "../api/upload.ts";
import { useClient } from "../context.ts";

const STEPS: Record<Step, string> = {
  preparing: "Asking where the file goes…",
  sending: "Sending the file…",
  recording: "Recording the upload…",
  starting: "Starting the import…",
};

/** Takes a file from the person to a running import, and says beside the inputs what is wrong with them. */
export function UploadForm({ viewer, onStarted }: { viewer: Viewer; onStarted: (row: ImportRow) => void }) {
  const reason = refusal(viewer);
  return (
    <section className="card" aria-labelledby="upload">
      <h2 id="upload">Import a file</h2>
      {reason === null ? <Form onStarted={onStarted} /> : <p className="hint">{reason}</p>}
    </section>
  );
}

function refusal(viewer: Viewer): string | null {
  if (viewer.role === "VIEWER") {
    return "Your role lets you read only. Ask an owner of the organization to change it.";
  }
  return viewer.group === null ? "You are in no group yet, and files belong to one. Ask an owner to add you." : null;
}

function Form({ onStarted }: { onStarted: (row: ImportRow) => void }) {
  const client = useClient();
  const [definitions, setDefinitions] = useState<Definition[]>();
  const [definitionId, setDefinitionId] = useState("");
  const [problems, setProblems] = useState<Problem[]>([]);
  const [progress, setProgress] = useState<{ step: Step; sent: number } | null>(null);
  const [done, setDone] = useState("");
  const stored = useRef<Stored | null>(null);
  const definition = definitions?.find((each) => each.id === definitionId);

  useEffect(() => {
    let gone = false;
    client.request(DEFINITIONS, {}).then(
      (data) => gone || setDefinitions(data.importDefinitions.nodes),
      (error: unknown) => gone || setProblems([{ field: "definition", code: "LIST", message: sentence(error) }]),
    );
    return () => {
      gone = true;
    };
  }, [client]);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const input = read(new FormData(form), definitionId);
    setDone("");
    setProblems(input.problems);
    if (!input.job) {
      form.querySelector<HTMLElement>(`[name="${input.problems[0]?.field}"]`)?.focus();
      return;
    }
    const outcome = await run(input.job, stored.current, {
      client,
      put,
      onStep: (step, sent) => setProgress({ step, sent }),
    });
    stored.current = outcome.stored;
    setProgress(null);
    setProblems(outcome.problems);
    if (outcome.started) {
      onStarted(outcome.started);
      setDone(`The import of ${input.job.file.name} has started. It is in the table below.`);
      form.reset();
      setDefinitionId("");
    }
  }

  const general = problems.filter((each) => each.field === null);
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <div className="fields">
        <Labelled label="File" problems={problems} field="file" hint="CSV, with the column names in its first row">
          {(props) => <input {...props} type="file" name="file" accept=".csv,text/csv" />}
        </Labelled>
        <Labelled label="Import definition" problems={problems} field="definition" hint={definition?.description ?? ""}>
          {(props) => (
            <select
              {...props}
              name="definition"
              value={definitionId}
              onChange={(event) => setDefinitionId(event.target.value)}
            >
              <option value="">{definitions ? "Choose one" : "Loading…"}</option>
              {definitions?.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <Labelled label="Year" problems={problems} field="year" hint={yearHint(definition)}>
          {(props) => <input {...props} name="year" inputMode="numeric" maxLength={4} size={6} />}
        </Labelled>
      </div>
      {general.length > 0 && (
        <div className="notice bad" role="alert">
          {general.map((each) => (
            <p key={each.code + each.message}>{each.message}</p>
          ))}
        </div>
      )}
      <div className="row">
        <button type="submit" className="primary" disabled={progress !== null}>
          Upload and import
        </button>
        <p className="hint" role="status">
          {progress ? STEPS[progress.step] : done}
        </p>
        {progress?.step === "sending" && <progress value={progress.sent} max={1} aria-label="Sent" />}
      </div>
    </form>
  );
}

/** A definition without a column that holds the period cannot tell the year from the file. */
function yearHint(definition: Definition | undefined): string {
  if (definition && !definition.inputSchema.some((column) => column.role === "PERIOD")) {
    return "Needed: the file does not tell it";
  }
  return "Optional: only rows of this year count";
}

function read(data: FormData, definitionId: string) {
  const problems: Problem[] = [];
  const file = data.get("file");
  if (!(file instanceof File) || file.name === "") {
    problems.push({ field: "file", code: "MISSING", message: "Choose a file first." });
  }
  if (definitionId === "") {
    problems.push({ field: "definition", code: "MISSING", message: "Choose what the file is." });
  }
  const year = String(data.get("year") ?? "").trim();
  if (year !== "" && !/^\d{4}$/.test(year)) {
    problems.push({ field: "year", code: "NOT_A_YEAR", message: "Write the year with four digits, such as 2024." });
  }
  const job =
    problems.length === 0 && file instanceof File
      ? { file, definitionId, year: year === "" ? null : Number(year) }
      : null;
  return { job, problems };
}

interface InputProps {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string;
}

interface LabelledProps {
  label: string;
  hint: string;
  field: Field;
  problems: readonly Problem[];
  children: (props: InputProps) => ReactNode;
}

function Labelled({ label, hint, field, problems, children }: LabelledProps) {
  const id = useId();
  const own = problems.filter((each) => each.field === field);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": own.length > 0, "aria-describedby": `${id}-hint` })}
      <div id={`${id}-hint`} aria-live="polite">
        {own.length === 0 && <p className="hint">{hint}</p>}
        {own.map((each) => (
          <p key={each.code + each.message} className="wrong">
            {each.message}
          </p>
        ))}
      </div>
    </div>
  );
}
