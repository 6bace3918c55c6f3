/** What is sent to wherever files are kept. */
export interface Call {
  method: string;
  url: string;
  headers: readonly { name: string; value: string }[];
  body?: Blob;
}

export interface Answer {
  status: number;
  /** Null where there is no such header, and where the storage does not let the page read it. */
  header: (name: string) => string | null;
  text: string;
}

/**
 * Makes a call, and tells how many bytes of its body have gone. Null is no answer: the connection broke, nothing moved for
 * long, or the browser did not let the page make this call or read its answer, which look all the same from here.
 */
export type Send = (call: Call, onSent: (bytes: number) => void) => Promise<Answer | null>;

/** Set by the browser from the body and the address; it refuses, loudly, to be told them. */
const BROWSERS_OWN = new Set(["content-length", "host"]);

/** How long nothing may move, in milliseconds. A large file that has been sent is still to be written down at the other end. */
const STALL = 120_000;

/** XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
export const send: Send = ({ method, url, headers, body }, onSent) =>
  new Promise((resolve) => {
    const transfer = new XMLHttpRequest();
    transfer.open(method, url);
    for (const { name, value } of headers) {
      if (!BROWSERS_OWN.has(name.toLowerCase())) {
        transfer.setRequestHeader(name, value);
      }
    }
    let stalled = setTimeout(() => transfer.abort(), STALL);
    transfer.upload.addEventListener("progress", (event) => {
      clearTimeout(stalled);
      stalled = setTimeout(() => transfer.abort(), STALL);
      onSent(event.loaded);
    });
    transfer.addEventListener("loadend", () => {
      clearTimeout(stalled);
      const { status, responseText: text } = transfer;
      resolve(status === 0 ? null : { status, text, header: (name) => transfer.getResponseHeader(name) });
    });
    transfer.send(body ?? null);
  });
