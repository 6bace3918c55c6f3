import { useCallback, useEffect, useState } from "react";
import { sentence } from "../api/error.ts";
import { RESULTS } from "../api/operations.ts";
import type { Output, ResultPage } from "../api/operations.ts";
import { useClient } from "../context.ts";
import { formatCount, formatMany, formatPeriod, formatValue } from "../format.ts";

/** An import's results by site and period, a column for each output of the definition version that it ran with. */
export function Results({ id, outputs }: { id: string; outputs: readonly Output[] }) {
  const client = useClient();
  const [page, setPage] = useState<ResultPage>();
  const [loading, setLoading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const load = useCallback(
    async (after: string | null, signal?: AbortSignal) => {
      setLoading(true);
      setProblem(null);
      try {
        const { import: found } = await client.request(RESULTS, { id, after });
        if (found && !signal?.aborted) {
          const next = found.results;
          setPage((known) => (after === null || !known ? next : { ...next, nodes: [...known.nodes, ...next.nodes] }));
        }
      } catch (error) {
        setProblem(sentence(error));
      } finally {
        setLoading(false);
      }
    },
    [client, id],
  );

  useEffect(() => {
    const leaving = new AbortController();
    void load(null, leaving.signal);
    return () => leaving.abort();
  }, [load]);

  return (
    <>
      <h3 id="results">Results</h3>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
      {page && (
        <p className="hint" role="status">
          {page.totalCount === 0
            ? "There are none."
            : `${formatCount(page.nodes.length)} of ${formatMany(page.totalCount, "result")}`}
        </p>
      )}
      {page && page.nodes.length > 0 && <Table page={page} outputs={outputs} />}
      {page?.pageInfo.hasNextPage && (
        <button type="button" disabled={loading} onClick={() => void load(page.pageInfo.endCursor)}>
          Show more
        </button>
      )}
    </>
  );
}

function Table({ page, outputs }: { page: ResultPage; outputs: readonly Output[] }) {
  return (
    <div className="scroll tall" tabIndex={0} role="region" aria-labelledby="results">
      <table>
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col">Period</th>
            {outputs.map((output) => (
              <th scope="col" key={output.key} className="number">
                {output.label}
                {output.unit !== null && <span className="unit"> {output.unit}</span>}
              </th>
            ))}
            <th scope="col" className="number">
              Rows
            </th>
          </tr>
        </thead>
        <tbody>
          {page.nodes.map((result) => (
            <tr key={result.id}>
              <th scope="row">{result.siteKey ?? "All sites"}</th>
              <td className="period">{formatPeriod(result.periodUnit, result.year, result.period)}</td>
              {outputs.map((output) => (
                <td key={output.key} className="number">
                  {formatValue(result.processedData[output.key])}
                </td>
              ))}
              <td className="number">{formatCount(result.rowsProcessed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
