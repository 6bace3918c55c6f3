import { useEffect, useRef, useState } from "react";
import type { SubmitEvent } from "react";
import { sentence } from "../api/error.ts";
import { DEFINITIONS } from "../api/operations.ts";
import type { Definition, ImportRow, UploadRow, Viewer } from "../api/operations.ts";
import { put } from "../api/put.ts";
import { run, send } from "../api/upload.ts";
import type { Job, Problem, Step, Stored } from "../api/upload.ts";
import { useClient } from "../context.ts";
import { formatDetected } from "../format.ts";
import { Labelled } from "../ui/labelled.tsx";
import { Warnings } from "../ui/warnings.tsx";
import { FormatFields, readFormat } from "./format-fields.tsx";

/** What files are taken, by their names' endings; the server looks at their content. */
export const ACCEPT = ".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,.gz,.zst";

export const STEPS: Record<Step, string> = {
  preparing: "Asking where the file goes…",
  sending: "Sending the file…",
  recording: "Recording the upload…",
  starting: "Starting the import…",
};

interface FormProps {
  /** A file that was uploaded before, to be imported in the place of a new one. */
  upload: UploadRow | null;
  onUpload: (row: UploadRow | null) => void;
  onStarted: (row: ImportRow) => void;
}

/** Takes a file from the person to a running import, and says beside the inputs what is wrong with them. */
export function UploadForm({ viewer, ...form }: FormProps & { viewer: Viewer }) {
  const reason = refusal(viewer);
  const heading = useRef<HTMLHeadingElement>(null);
  const { upload } = form;

  useEffect(() => {
    if (upload !== null) {
      heading.current?.focus();
    }
  }, [upload]);

  return (
    <section className="card" aria-labelledby="upload">
      <h2 id="upload" ref={heading} tabIndex={-1}>
        Import a file
      </h2>
      {reason === null ? <Form key={upload?.id ?? ""} {...form} /> : <p className="hint">{reason}</p>}
    </section>
  );
}

function refusal(viewer: Viewer): string | null {
  if (viewer.role === "VIEWER") {
    return "Your role lets you read only. Ask an owner of the organization to change it.";
  }
  return viewer.group === null ? "You are in no group yet, and files belong to one. Ask an owner to add you." : null;
}

function Form({ upload, onUpload, onStarted }: FormProps) {
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
    const { submitter } = event.nativeEvent;
    const only = submitter instanceof HTMLButtonElement && submitter.value === "only";
    const input = read(new FormData(form), definitionId, upload, only);
    setDone("");
    setProblems(input.problems);
    if (input.problems.length > 0 || input.source === null) {
      form.querySelector<HTMLElement>(`[name="${input.problems[0]?.field}"]`)?.focus();
      return;
    }
    const steps = { client, put, onStep: (step: Step, sent: number) => setProgress({ step, sent }) };
    const { source } = input;
    const outcome = only && source instanceof File ? await send(source, steps) : await run({ ...input, source }, stored.current, steps);
    stored.current = outcome.stored;
    setProgress(null);
    setProblems(outcome.problems);
    const name = source instanceof File ? source.name : (upload?.fileName ?? "");
    if (outcome.started) {
      onStarted(outcome.started);
      setDone(`The import of ${name} has started. It is in the table below.`);
      form.reset();
      setDefinitionId("");
    } else if (only && outcome.problems.length === 0) {
      setDone(`${name} is uploaded. It can be imported from the table of uploads once it is checked.`);
      form.reset();
    }
  }

  const general = problems.filter((each) => each.field === null);
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <div className="fields">
        {upload === null ? (
          <Labelled
            label="File"
            problems={problems}
            field="file"
            hint="CSV, TSV, XLSX or JSON Lines, as it is or packed with gzip or zstd"
          >
            {(props) => <input {...props} type="file" name="file" accept={ACCEPT} />}
          </Labelled>
        ) : (
          <Uploaded upload={upload} problems={problems} onOther={() => onUpload(null)} />
        )}
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
      <FormatFields detected={upload?.detectedFormat ?? null} problems={problems} />
      <p className="check">
        <label>
          <input type="checkbox" name="skip" /> Set aside rows that are wrong and import the others
        </label>
      </p>
      {general.length > 0 && (
        <div className="notice bad" role="alert">
          {general.map((each) => (
            <p key={each.code + each.message}>{each.message}</p>
          ))}
        </div>
      )}
      <div className="row">
        <button type="submit" className="primary" disabled={progress !== null}>
          {upload === null ? "Upload and import" : "Import"}
        </button>
        {upload === null && (
          <button type="submit" value="only" disabled={progress !== null}>
            Upload and check only
          </button>
        )}
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

interface UploadedProps {
  upload: UploadRow;
  problems: readonly Problem[];
  onOther: () => void;
}

/** The file that is there already, with what its check found. */
function Uploaded({ upload, problems, onOther }: UploadedProps) {
  return (
    <div className="field">
      <p>
        File: <strong>{upload.fileName}</strong>
      </p>
      {upload.detectedFormat !== null && <p className="hint">{formatDetected(upload.detectedFormat)}</p>}
      <Warnings warnings={upload.warnings} />
      {problems
        .filter((each) => each.field === "file")
        .map((each) => (
          <p key={each.code + each.message} className="wrong" role="alert">
            {each.message}
          </p>
        ))}
      <button type="button" className="quiet" onClick={onOther}>
        Choose another file
      </button>
    </div>
  );
}

type Input = Omit<Job, "source"> & { source: Job["source"] | null; problems: Problem[] };

function read(data: FormData, definitionId: string, upload: UploadRow | null, only: boolean): Input {
  const { format, problems: wrong } = readFormat(data);
  const problems: Problem[] = [];
  const file = data.get("file");
  const chosen = file instanceof File && file.name !== "" ? file : null;
  const source = upload === null ? chosen : upload.id;
  if (source === null) {
    problems.push({ field: "file", code: "MISSING", message: "Choose a file first." });
  }
  if (definitionId === "" && !only) {
    problems.push({ field: "definition", code: "MISSING", message: "Choose what the file is." });
  }
  const year = String(data.get("year") ?? "").trim();
  if (year !== "" && !/^\d{4}$/.test(year)) {
    problems.push({ field: "year", code: "NOT_A_YEAR", message: "Write the year with four digits, such as 2024." });
  }
  return {
    source,
    definitionId,
    year: year === "" ? null : Number(year),
    format,
    skip: data.get("skip") !== null,
    problems: [...problems, ...wrong],
  };
}
