import { broken, busy, refused, unguided } from "./refused.ts";
import type { Answer, Call, Send } from "./send.ts";

interface Way {
  send: Send;
  wait: (milliseconds: number) => Promise<void>;
}

/** Milliseconds before each try that follows one which brought nothing. After the last of them it is given up. */
const PAUSES = [1000, 2000, 4000, 8000];

/**
 * Sends a file by Google Cloud Storage's resumable protocol: an empty POST is answered with a Location, which takes the
 * bytes; after a break it tells how many it has, and takes the rest. Throws an ApiError.
 */
export async function putResumably(
  request: Omit<Call, "body">,
  file: Blob,
  onSent: (bytes: number) => void,
  { send, wait }: Way,
): Promise<void> {
  let fruitless = 0;

  /** Waits before another try, or gives up. */
  async function again(answer: Answer | null): Promise<void> {
    const pause = PAUSES[fruitless++];
    if (pause === undefined) {
      throw answer === null ? broken(request.url) : refused(request.url, answer);
    }
    await wait(pause);
  }

  async function begin(): Promise<string> {
    for (;;) {
      const answer = await send(request, () => undefined);
      if (answer !== null && answer.status >= 200 && answer.status < 300) {
        const session = answer.header("Location");
        if (session === null) {
          throw unguided(request.url);
        }
        return session;
      }
      if (answer !== null && !busy(answer.status)) {
        throw refused(request.url, answer);
      }
      await again(answer);
    }
  }

  const url = await begin();
  fruitless = 0;
  let most = 0;
  // How many bytes have arrived; null: not known.
  let arrived: number | null = 0;
  for (;;) {
    const from: number | null = arrived;
    const answer: Answer | null =
      from === null
        ? await send({ method: "PUT", url, headers: [contentRange(`*/${file.size}`)] }, () => undefined)
        : await send({ method: "PUT", url, ...rest(file, from) }, (bytes) => onSent(from + bytes));
    if (answer !== null && answer.status >= 200 && answer.status < 300) {
      return;
    }
    if (answer?.status === 308) {
      arrived = end(answer.header("Range"));
      onSent(arrived);
      if (arrived > most) {
        most = arrived;
        fruitless = 0;
      }
      // Nothing new of a piece, or all of the file and still no end.
      if ((from !== null && arrived <= from) || arrived >= file.size) {
        arrived = null;
        await again(answer);
      }
      continue;
    }
    if (answer !== null && !busy(answer.status)) {
      throw refused(url, answer);
    }
    arrived = null;
    await again(answer);
  }
}

function contentRange(what: string): { name: string; value: string } {
  return { name: "Content-Range", value: `bytes ${what}` };
}

/** The file from a place on. A slice has no type: that of the object was signed with the POST. */
function rest(file: Blob, from: number): Pick<Call, "headers" | "body"> {
  const headers = from === 0 ? [] : [contentRange(`${from}-${file.size - 1}/${file.size}`)];
  return { headers, body: file.slice(from) };
}

/** How many bytes a Range such as bytes=0-524287 is; there is none where nothing has arrived. */
function end(range: string | null): number {
  const last = /^bytes=0-(\d+)$/.exec(range ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
