import type { StatusLook } from "../status.ts";

const SHAPES: Record<StatusLook["tone"], string> = {
  waiting: "M8 4.5V8l2.5 1.5",
  running: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  good: "M4.5 8.3 7 10.8l4.5-5.3",
  partly: "M8 4.5v4.2M8 11v.4",
  bad: "M5.5 5.5l5 5M10.5 5.5l-5 5",
  off: "M5 8h6",
};

/** A status in words and shape; the colour only helps. */
export function Status({ look }: { look: StatusLook }) {
  return (
    <span className={`status ${look.tone}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {look.tone !== "running" && <circle cx="8" cy="8" r="7" />}
        <path d={SHAPES[look.tone]} />
      </svg>
      {look.label}
    </span>
  );
}
