import { useEffect, useRef, useState } from "react";
import type { ImportRow } from "../api/operations.ts";
import { formatMany } from "../format.ts";
import { importStatus, isFinal } from "../status.ts";

/** Says each change of an import's status to a screen reader: the table changes silently. */
export function Announcer({ imports }: { imports: readonly ImportRow[] | undefined }) {
  const known = useRef<Map<string, string> | null>(null);
  const [words, setWords] = useState("");

  useEffect(() => {
    if (!imports) {
      return;
    }
    const before = known.current;
    known.current = new Map(imports.map((row) => [row.id, row.status]));
    const changed = before ? imports.filter((row) => before.get(row.id) !== row.status) : [];
    if (changed.length > 0) {
      setWords(changed.map(announce).join(" "));
    }
  }, [imports]);

  return (
    <p className="unseen" role="status">
      {words}
    </p>
  );
}

function announce(row: ImportRow): string {
  const name = row.fileName ?? row.importDefinition.name;
  const outcome = isFinal(row.status) ? `, ${formatMany(row.resultCount, "result")}` : "";
  return `${name}: ${importStatus(row.status).label}${outcome}.`;
}
