import type { ImportRow } from "../api/operations.ts";
import { formatCount, formatMany, portion } from "../format.ts";
import { importStatus, isFinal } from "../status.ts";
import { Connection } from "../ui/connection.tsx";
import { Moment } from "../ui/moment.tsx";
import { Status } from "../ui/status.tsx";
import type { LiveList } from "../use-live-list.ts";

interface ImportTableProps {
  list: LiveList<ImportRow>;
  chosen: string | null;
  onChoose: (id: string) => void;
}

export function ImportTable({ list, chosen, onChoose }: ImportTableProps) {
  return (
    <section className="card" aria-labelledby="imports">
      <div className="title">
        <h2 id="imports">Last imports</h2>
        <Connection list={list} />
      </div>
      {list.items?.length === 0 && <p className="hint">Nothing has been imported yet. Choose a file above to begin.</p>}
      {list.items !== undefined && list.items.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-labelledby="imports">
          <table className="stack">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col">Definition</th>
                <th scope="col">Status</th>
                <th scope="col">Rows</th>
                <th scope="col" className="number">
                  Results
                </th>
                <th scope="col">Started</th>
              </tr>
            </thead>
            <tbody>
              {list.items.map((row) => (
                <Row key={row.id} row={row} chosen={row.id === chosen} onChoose={onChoose} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ row, chosen, onChoose }: { row: ImportRow; chosen: boolean; onChoose: (id: string) => void }) {
  return (
    <tr className={chosen ? "chosen" : undefined} data-import={row.id}>
      <th scope="row">
        <button type="button" className="link" aria-expanded={chosen} onClick={() => onChoose(row.id)}>
          {row.fileName ?? "A file of another group"}
        </button>
      </th>
      <td data-label="Definition">{row.importDefinition.name}</td>
      <td data-label="Status">
        <Status look={importStatus(row.status)} />
        {row.supersededBy !== null && <p className="tag">Corrected by a later import</p>}
        {row.error !== null && <p className="reason">{row.error}</p>}
      </td>
      <td data-label="Rows">
        <Rows row={row} />
      </td>
      <td data-label="Results" className="number">
        {isFinal(row.status) ? formatCount(row.resultCount) : "–"}
      </td>
      <td data-label="Started">
        <Moment time={row.createdAt} />
      </td>
    </tr>
  );
}

function Rows({ row }: { row: ImportRow }) {
  if (isFinal(row.status)) {
    return row.rowCount === null ? "–" : formatCount(row.rowCount);
  }
  if (row.rowCount === null && row.processedRowCount === 0) {
    return "–";
  }
  const done = portion(row);
  const words =
    row.rowCount === null
      ? formatMany(row.processedRowCount, "row")
      : `${formatCount(row.processedRowCount)} of ${formatMany(row.rowCount, "row")}`;
  return (
    <>
      {done !== null && <progress value={done} max={1} aria-label={`Progress: ${Math.round(done * 100)} percent`} />}
      <span className="hint">{words}</span>
    </>
  );
}
