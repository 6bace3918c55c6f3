import { useEffect, useRef, useState } from "react";
import { sentence } from "../api/error.ts";
import { IMPORT } from "../api/operations.ts";
import type { ErrorGroup, ImportDetails as Details, ImportRow } from "../api/operations.ts";
import { useClient } from "../context.ts";
import { formatCount, formatMany, formatRanges } from "../format.ts";
import { importStatus, isFinal } from "../status.ts";
import { Status } from "../ui/status.tsx";
import { Warnings } from "../ui/warnings.tsx";
import { Correction, isCorrectable } from "./correction.tsx";
import { Downloads } from "./downloads.tsx";
import { Results } from "./results.tsx";

interface ImportDetailsProps {
  id: string;
  /** What the live list knows of it: a change fetches the details again. */
  state: string;
  mayCorrect: boolean;
  onChoose: (id: string) => void;
  onStarted: (row: ImportRow) => void;
  onClose: () => void;
}

/** One import: how it ended, what was wrong with its rows, and its results. */
export function ImportDetails({ id, state, mayCorrect, onChoose, onStarted, onClose }: ImportDetailsProps) {
  const client = useClient();
  const [details, setDetails] = useState<Details | null>();
  const [problem, setProblem] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef<Element>(null);

  useEffect(() => {
    opener.current ??= document.activeElement;
    heading.current?.focus();
  }, []);

  /** Gives the focus back, for whoever goes by keyboard. */
  function close(): void {
    if (opener.current instanceof HTMLElement) {
      opener.current.focus();
    }
    onClose();
  }

  useEffect(() => {
    let gone = false;
    client.request(IMPORT, { id }).then(
      (data) => {
        if (!gone) {
          setDetails(data.import);
          setProblem(null);
        }
      },
      (error: unknown) => gone || setProblem(sentence(error)),
    );
    return () => {
      gone = true;
    };
  }, [client, id, state]);

  return (
    <section className="card" aria-labelledby="details">
      <div className="title">
        <h2 id="details" ref={heading} tabIndex={-1}>
          {details ? (details.fileName ?? "A file of another group") : "Import"}
        </h2>
        <button type="button" className="quiet" onClick={close}>
          Close
        </button>
      </div>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
      {details === null && <p>This import is not there any more.</p>}
      {details && <Summary details={details} onChoose={onChoose} />}
      {details && details.errorGroups.length > 0 && <ErrorGroups groups={details.errorGroups} />}
      {details && isFinal(details.status) && <Downloads details={details} />}
      {details && mayCorrect && isCorrectable(details) && (
        <Correction
          details={details}
          onStarted={(row) => {
            onStarted(row);
            onChoose(row.id);
          }}
        />
      )}
      {details && isFinal(details.status) && <Results id={id} outputs={details.ranWith.outputSchema} />}
      {details && !isFinal(details.status) && <p className="hint">The results appear when the import has ended.</p>}
    </section>
  );
}

function Summary({ details, onChoose }: { details: Details; onChoose: (id: string) => void }) {
  return (
    <>
      <p className="summary">
        <Status look={importStatus(details.status)} /> <span>{details.importDefinition.name}</span>
        {details.rowCount !== null && (
          <span className="hint">
            {formatMany(details.rowCount, "row")}, {formatCount(details.acceptedRowCount)} accepted,{" "}
            {formatCount(details.rejectedRowCount)} rejected
          </span>
        )}
      </p>
      {details.error !== null && <p className="notice bad">{details.error}</p>}
      <Warnings warnings={details.warnings} />
      {details.correctionOf !== null && (
        <p>
          It corrects <Other run={details.correctionOf} onChoose={onChoose} />.
        </p>
      )}
      {details.supersededBy !== null && (
        <p className="notice">
          These results are not current any more: <Other run={details.supersededBy} onChoose={onChoose} /> has corrected
          them.
        </p>
      )}
    </>
  );
}

/** Another import, to go to. */
function Other({ run, onChoose }: { run: { id: string; fileName: string | null }; onChoose: (id: string) => void }) {
  return (
    <button type="button" className="link" onClick={() => onChoose(run.id)}>
      {run.fileName ?? "a file of another group"}
    </button>
  );
}

function ErrorGroups({ groups }: { groups: readonly ErrorGroup[] }) {
  return (
    <>
      <h3 id="errors">What is wrong with the rows</h3>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="errors">
        <table>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col" className="number">
                How often
              </th>
              <th scope="col">Rows</th>
              <th scope="col">For example</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={`${group.code} ${group.column}`}>
                <th scope="row">{group.column ?? "Whole row"}</th>
                <td className="number">{formatCount(group.count)}</td>
                <td>{formatRanges(group.rowRanges, group.count)}</td>
                <td>
                  Row {formatCount(group.sample.row)}
                  {group.sample.line !== null && ` (line ${formatCount(group.sample.line)})`}: {group.sample.message}
                  {group.sample.value !== null && (
                    <>
                      {" "}
                      <code>{group.sample.value}</code>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
