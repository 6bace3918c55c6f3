import { UPLOADS, UPLOAD_CHANGED } from "../api/operations.ts";
import type { UploadRow } from "../api/operations.ts";
import { useClient } from "../context.ts";
import { formatCount, formatDetected, formatSize } from "../format.ts";
import { uploadStatus } from "../status.ts";
import { Connection } from "../ui/connection.tsx";
import { Moment } from "../ui/moment.tsx";
import { Status } from "../ui/status.tsx";
import { Warnings } from "../ui/warnings.tsx";
import { useLiveList } from "../use-live-list.ts";
import type { LiveSource } from "../use-live-list.ts";

type Uploads = { uploadHistories: { nodes: UploadRow[] } };
type Changed = { uploadHistoryStatusChanged: UploadRow };

const uploads: LiveSource<UploadRow, Uploads, Changed> = {
  query: UPLOADS,
  items: (page) => page.uploadHistories.nodes,
  subscription: UPLOAD_CHANGED,
  item: (change) => change.uploadHistoryStatusChanged,
};

interface UploadTableProps {
  group: string;
  /** Takes an upload to the form that imports it; null for those who may not. */
  onImport: ((row: UploadRow) => void) | null;
}

/** The files that the viewer's group sent last, with what their check found. */
export function UploadTable({ group, onImport }: UploadTableProps) {
  const list = useLiveList(useClient(), uploads);
  return (
    <section className="card" aria-labelledby="uploads">
      <div className="title">
        <h2 id="uploads">Last uploads of {group}</h2>
        <Connection list={list} />
      </div>
      {list.items?.length === 0 && <p className="hint">Nobody in this group has uploaded a file yet.</p>}
      {list.items !== undefined && list.items.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-labelledby="uploads">
          <table className="stack">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col">By</th>
                <th scope="col">Check</th>
                <th scope="col" className="number">
                  Size
                </th>
                <th scope="col" className="number">
                  Rows
                </th>
                <th scope="col">Uploaded</th>
                {onImport !== null && (
                  <th scope="col">
                    <span className="unseen">Import</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {list.items.map((row) => (
                <tr key={row.id} data-upload={row.id}>
                  <th scope="row">{row.fileName}</th>
                  <td data-label="By">{row.user.name}</td>
                  <td data-label="Check">
                    <Status look={uploadStatus(row.status)} />
                    {row.errorReason !== null && <p className="reason">{row.errorReason}</p>}
                    {row.detectedFormat !== null && <p className="reason">{formatDetected(row.detectedFormat)}</p>}
                    <Warnings warnings={row.warnings} />
                  </td>
                  <td data-label="Size" className="number">
                    {row.fileSize === null ? "–" : formatSize(row.fileSize)}
                  </td>
                  <td data-label="Rows" className="number">
                    {row.rowCount === null ? "–" : formatCount(row.rowCount)}
                  </td>
                  <td data-label="Uploaded">
                    <Moment time={row.createdAt} />
                  </td>
                  {onImport !== null && (
                    <td data-label="Import">
                      {row.status === "SUCCESS" ? (
                        <button type="button" onClick={() => onImport(row)} aria-label={`Import ${row.fileName}`}>
                          Import…
                        </button>
                      ) : (
                        "–"
                      )}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
