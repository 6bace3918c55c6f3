import { ApiError } from "./error.ts";

export interface PutRequest {
  method: string;
  url: string;
  headers: readonly { name: string; value: string }[];
}

/** Sends a file to a signed address and tells how much of it (0 to 1) has gone. Throws an ApiError. */
export type Put = (request: PutRequest, file: File, onProgress: (sent: number) => void) => Promise<void>;

/** Set by the browser from the body and the address; it refuses, loudly, to be told them. */
const BROWSERS_OWN = new Set(["content-length", "host"]);

/** XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
export const put: Put = (request, file, onProgress) =>
  new Promise((resolve, reject) => {
    const transfer = new XMLHttpRequest();
    transfer.open(request.method, request.url);
    for (const { name, value } of request.headers) {
      if (!BROWSERS_OWN.has(name.toLowerCase())) {
        transfer.setRequestHeader(name, value);
      }
    }
    transfer.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.total > 0) {
        onProgress(event.loaded / event.total);
      }
    });
    transfer.addEventListener("load", () => {
      if (transfer.status >= 200 && transfer.status < 300) {
        resolve();
      } else {
        reject(new ApiError("TRANSFER_REFUSED", `The storage refused the file (status ${transfer.status}).`));
      }
    });
    transfer.addEventListener("error", () => {
      const { host } = new URL(request.url, globalThis.location.href);
      reject(new ApiError("TRANSFER_BROKEN", `The file could not be sent to ${host}. Please try again.`));
    });
    transfer.send(file);
  });
