import { ApiError } from "./error.ts";
import type { Answer } from "./send.ts";

const AGAIN = "Please send it again.";
const TELL = "If it happens again, tell whoever runs the server: “entrepot doctor” looks at the storage.";

/** The storage gave no answer, however often it was asked. */
export function broken(url: string): ApiError {
  return new ApiError(
    "TRANSFER_BROKEN",
    `The file could not be sent to ${host(url)}. See that you are online and that the file is still where it was, and send it again. ${TELL}`,
  );
}

/** The storage took the beginning of an upload and does not let the page read where the rest goes. */
export function unguided(url: string): ApiError {
  return new ApiError(
    "TRANSFER_REFUSED",
    `The storage at ${host(url)} does not tell this page where to send the file. Whoever runs the server must let pages read ` +
      "the header Location, in the bucket's CORS settings: “entrepot doctor” says how.",
  );
}

/** What an answer means that is no success, and what to do. */
export function refused(url: string, answer: Answer): ApiError {
  return new ApiError("TRANSFER_REFUSED", meaning(`The storage at ${host(url)}`, answer));
}

function meaning(storage: string, answer: Answer): string {
  const { status } = answer;
  // The storage's own word for it: Google's in XML, that of a folder, which the server itself serves, in JSON.
  const code = /<Code>(\w+)<\/Code>|"code":\s*"(\w+)"/.exec(answer.text)?.slice(1).find((each) => each !== undefined) ?? "";
  if (status === 412) {
    return `${storage} has a file at this address already, so it did not take this one. Send it again: it will get another address.`;
  }
  if (code === "ExpiredToken" || code === "URL_EXPIRED") {
    return `The permission to send the file had expired. ${AGAIN}`;
  }
  if (status === 403 || status === 401) {
    return `${storage} did not accept the permission to send the file (status ${status}); it may have expired. ${AGAIN} ${TELL}`;
  }
  if (code === "EntityTooLarge" || code === "SIZE_MISMATCH" || /larger than the|exceeds the maximum/.test(answer.text) || status === 413) {
    return "The file has another size than was announced: it was changed while it was sent. Choose it again, and send it again.";
  }
  if (status === 408 || code === "TRANSFER_INCOMPLETE") {
    return `The connection to the storage broke off. ${AGAIN}`;
  }
  if (status === 404 || status === 410) {
    return `${storage} does not know this upload, or no longer. ${AGAIN} ${TELL}`;
  }
  if (busy(status)) {
    return `${storage} cannot take the file now (status ${status}). Please try again in some minutes. ${TELL}`;
  }
  return `${storage} refused the file (status ${code === "" ? status : `${status}, ${code}`}). ${AGAIN} ${TELL}`;
}

/** Statuses that pass when one waits. */
export function busy(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function host(url: string): string {
  return new URL(url, globalThis.location?.href).host;
}
