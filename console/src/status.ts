/** A status in words, with the look that goes with it. Codes that a newer server knows are shown as they are. */
export interface StatusLook {
  label: string;
  tone: "waiting" | "running" | "good" | "partly" | "bad" | "off";
}

const IMPORT: Record<string, StatusLook> = {
  PENDING: { label: "Waiting", tone: "waiting" },
  PROCESSING: { label: "Running", tone: "running" },
  COMPLETED: { label: "Completed", tone: "good" },
  PARTIALLY_COMPLETED: { label: "Partly completed", tone: "partly" },
  FAILED: { label: "Failed", tone: "bad" },
  CANCELED: { label: "Canceled", tone: "off" },
};

const UPLOAD: Record<string, StatusLook> = {
  NOTYET: { label: "Not checked yet", tone: "waiting" },
  PROCESSING: { label: "Being checked", tone: "running" },
  SUCCESS: { label: "Good", tone: "good" },
  FAILURE: { label: "Failed", tone: "bad" },
};

export function importStatus(status: string): StatusLook {
  return IMPORT[status] ?? unknown(status);
}

export function uploadStatus(status: string): StatusLook {
  return UPLOAD[status] ?? unknown(status);
}

export function isFinal(status: string): boolean {
  return status === "COMPLETED" || status === "PARTIALLY_COMPLETED" || status === "FAILED" || status === "CANCELED";
}

function unknown(status: string): StatusLook {
  const words = status.toLowerCase().replaceAll("_", " ");
  return { label: words.charAt(0).toUpperCase() + words.slice(1), tone: "off" };
}
