import { broken, refused } from "./refused.ts";
import { putResumably } from "./resumable.ts";
import { send } from "./send.ts";
import type { Call, Send } from "./send.ts";

/** The request that createUpload signed. All of its headers belong to it. */
export type PutRequest = Omit<Call, "body">;

/** Sends a file as the signed request says and tells how much of it (0 to 1) has gone. Throws an ApiError. */
export type Put = (request: PutRequest, file: Blob, onProgress: (sent: number) => void) => Promise<void>;

/** A Put over a connection. `wait` lets so many milliseconds pass. */
export function putOver(connection: Send, wait: (milliseconds: number) => Promise<void>): Put {
  return async (request, file, onProgress) => {
    const onSent = (bytes: number) => onProgress(file.size > 0 ? Math.min(bytes / file.size, 1) : 1);
    // A signed POST begins a resumable upload; a storage that has none signs a PUT, whatever was asked for.
    if (request.method === "POST") {
      return await putResumably(request, file, onSent, { send: connection, wait });
    }
    const answer = await connection({ ...request, body: file }, onSent);
    if (answer === null) {
      throw broken(request.url);
    }
    if (answer.status < 200 || answer.status > 299) {
      throw refused(request.url, answer);
    }
  };
}

export const put = putOver(send, (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
