import { useEffect, useRef, useState } from "react";
import { sentence } from "../api/error.ts";
import { IMPORT } from "../api/operations.ts";
import type { ErrorGroup, ImportDetails as Details } from "../api/operations.ts";
import { useClient } from "../context.ts";
import { formatCount, formatMany } from "../format.ts";
import { importStatus, isFinal } from "../status.ts";
import { Status } from "../ui/status.tsx";
import { Results } from "./results.tsx";

interface ImportDetailsProps {
  id: string;
  /** As the live list knows it: a change fetches the details again. */
  status: string;
  onClose: () => void;
}

/** One import: how it ended, what was wrong with its rows, and its results. */
export function ImportDetails({ id, status, onClose }: ImportDetailsProps) {
  const client = useClient();
  const [details, setDetails] = useState<Details | null>();
  const [problem, setProblem] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    heading.current?.focus();
  }, []);

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
  }, [client, id, status]);

  return (
    <section className="card" aria-labelledby="details">
      <div className="title">
        <h2 id="details" ref={heading} tabIndex={-1}>
          {details ? (details.fileName ?? "A file of another group") : "Import"}
        </h2>
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
      </div>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
      {details === null && <p>This import is not there any more.</p>}
      {details && <Summary details={details} />}
      {details && details.errorGroups.length > 0 && <ErrorGroups groups={details.errorGroups} />}
      {details && isFinal(details.status) && <Results id={id} outputs={details.ranWith.outputSchema} />}
      {details && !isFinal(details.status) && <p className="hint">The results appear when the import has ended.</p>}
    </section>
  );
}

function Summary({ details }: { details: Details }) {
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
    </>
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
              <th scope="col">For example</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={`${group.code} ${group.column}`}>
                <th scope="row">{group.column ?? "Whole row"}</th>
                <td className="number">{formatCount(group.count)}</td>
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
