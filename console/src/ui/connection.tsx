import type { LiveList } from "../use-live-list.ts";

const WORDS = { connecting: "Connecting…", live: "Live", lost: "Reconnecting…" } as const;

/** Tells whether what is shown is up to date by itself. */
export function Connection({ list }: { list: Pick<LiveList<unknown>, "connection" | "problem"> }) {
  return (
    <span className={`connection ${list.connection}`} role="status">
      {WORDS[list.connection]}
      {list.problem !== null && <span className="hint"> {list.problem}</span>}
    </span>
  );
}
