import { useCallback, useState } from "react";
import { IMPORTS, IMPORT_CHANGED } from "../api/operations.ts";
import type { ImportRow, UploadRow, Viewer } from "../api/operations.ts";
import { useClient } from "../context.ts";
import { useLiveList } from "../use-live-list.ts";
import type { LiveSource } from "../use-live-list.ts";
import { Announcer } from "./announcer.tsx";
import { ImportDetails } from "./import-details.tsx";
import { ImportTable } from "./import-table.tsx";
import { UploadForm } from "./upload-form.tsx";
import { UploadTable } from "./upload-table.tsx";

type Imports = { imports: { nodes: ImportRow[] } };
type Changed = { importStatusChanged: ImportRow };

const imports: LiveSource<ImportRow, Imports, Changed> = {
  query: IMPORTS,
  items: (page) => page.imports.nodes,
  subscription: IMPORT_CHANGED,
  item: (change) => change.importStatusChanged,
};

function mayImport(viewer: Viewer): boolean {
  return viewer.role !== "VIEWER" && viewer.group !== null;
}

/** What the organization did last, live, and the form that does the next thing. */
export function Home({ viewer }: { viewer: Viewer }) {
  const client = useClient();
  const list = useLiveList(client, imports);
  const [chosen, setChosen] = useState<string | null>(null);
  const close = useCallback(() => setChosen(null), []);
  const row = list.find(chosen);
  const [upload, setUpload] = useState<UploadRow | null>(null);

  return (
    <main className="home">
      <UploadForm viewer={viewer} upload={upload} onUpload={setUpload} onStarted={list.add} />
      <ImportTable list={list} chosen={chosen} onChoose={setChosen} />
      {chosen !== null && (
        <ImportDetails
          key={chosen}
          id={chosen}
          state={row ? `${row.status} ${row.supersededBy?.id ?? ""}` : ""}
          mayCorrect={mayImport(viewer)}
          onChoose={setChosen}
          onStarted={list.add}
          onClose={close}
        />
      )}
      {viewer.group !== null && (
        <UploadTable group={viewer.group.name} onImport={mayImport(viewer) ? setUpload : null} />
      )}
      <Announcer imports={list.items} />
    </main>
  );
}
