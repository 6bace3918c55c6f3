import type { Client } from "./client.ts";
import { ApiError, sentence } from "./error.ts";
import { CREATE_UPLOAD, START_IMPORT, STORE_UPLOAD } from "./operations.ts";
import type { FormatInput, ImportRow, UserError } from "./operations.ts";
import type { Put } from "./put.ts";

export type Step = "preparing" | "sending" | "recording" | "starting";

/** Bytes above which a break in the middle shall not cost what has been sent, where the storage can go on from there. */
const LARGE = 32 * 1024 * 1024;

/** The inputs of the upload form that a problem can belong to; null belongs to none. */
export type Field = "file" | "definition" | "year" | keyof FormatInput | null;

export interface Problem {
  field: Field;
  code: string;
  message: string;
}

export interface Job {
  /** What is to be sent, or the id of an upload that is there already. */
  source: File | string;
  definitionId: string;
  year: number | null;
  format?: FormatInput;
  /** Rows that cannot be accepted are set aside, whatever the definition says. */
  skip?: boolean;
  /** The import whose set-aside rows the file corrects. */
  correctionOf?: string;
}

/** A file that the server has a record of: it need not be sent again when only the import was refused. */
export interface Stored {
  file: File;
  historyId: string;
}

export interface Outcome {
  started: ImportRow | null;
  stored: Stored | null;
  problems: Problem[];
}

export interface Steps {
  client: Client;
  put: Put;
  /** `sent` is the part of the file that has gone, 0 to 1, while it is being sent. */
  onStep: (step: Step, sent: number) => void;
}

/** Takes a file all the way: signed address, transfer, record, import. What a person can put right comes back as problems. */
export function run(job: Job, earlier: Stored | null, steps: Steps): Promise<Outcome> {
  return outcomeOf(async () => {
    if (typeof job.source === "string") {
      return await start(job, job.source, null, steps);
    }
    const stored = earlier?.file === job.source ? earlier : await store(job.source, steps);
    return await start(job, stored.historyId, stored, steps);
  });
}

/** Takes a file to its record only: it is checked, and can be imported from there. */
export function send(file: File, steps: Steps): Promise<Outcome> {
  return outcomeOf(async () => ({ started: null, stored: await store(file, steps), problems: [] }));
}

async function outcomeOf(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Refusal) {
      return { started: null, stored: null, problems: thrown.problems };
    }
    const code = thrown instanceof ApiError ? thrown.code : "UNEXPECTED";
    return { started: null, stored: null, problems: [{ field: null, code, message: sentence(thrown) }] };
  }
}

async function store(file: File, { client, put, onStep }: Steps): Promise<Stored> {
  onStep("preparing", 0);
  const { createUpload: target } = await client.request(CREATE_UPLOAD, {
    input: { fileName: file.name, contentType: contentType(file), size: file.size, resumable: file.size > LARGE },
  });
  refuse(target?.userErrors);
  if (!target?.url || !target.method || !target.gcsPath) {
    throw nothing("createUpload");
  }

  onStep("sending", 0);
  const record = { fileName: file.name, gcsPath: target.gcsPath };
  try {
    await put({ method: target.method, url: target.url, headers: target.headers }, file, (sent) => onStep("sending", sent));
  } catch (thrown) {
    // The attempt is recorded for those who look later; the person here is told why it failed, not whether that worked.
    const errorReason = [...sentence(thrown)].slice(0, 255).join("");
    await client.request(STORE_UPLOAD, { input: { ...record, errorReason } }).catch(() => undefined);
    throw thrown;
  }

  onStep("recording", 1);
  const { storeUploadHistory: answer } = await client.request(STORE_UPLOAD, { input: record });
  refuse(answer?.userErrors);
  if (!answer?.uploadHistory) {
    throw nothing("storeUploadHistory");
  }
  return { file, historyId: answer.uploadHistory.id };
}

async function start(job: Job, historyId: string, stored: Stored | null, { client, onStep }: Steps): Promise<Outcome> {
  onStep("starting", 1);
  const { startImport: answer } = await client.request(START_IMPORT, {
    input: {
      uploadHistoryId: historyId,
      importDefinitionId: job.definitionId,
      ...(job.year === null ? {} : { year: job.year }),
      ...(job.format && Object.keys(job.format).length > 0 ? { format: job.format } : {}),
      ...(job.skip ? { onInvalidRow: "SKIP" as const } : {}),
      ...(job.correctionOf === undefined ? {} : { correctionOf: job.correctionOf }),
      idempotencyKey: newKey(),
    },
  });
  if (answer && answer.userErrors.length > 0) {
    const problems = answer.userErrors.map(problem);
    // Whatever is wrong with the file itself is put right by sending it again.
    const keep = problems.every((each) => each.field !== "file" && each.code !== "UPLOAD_FAILED");
    return { started: null, stored: keep ? stored : null, problems };
  }
  if (!answer?.import) {
    throw nothing("startImport");
  }
  return { started: answer.import, stored: null, problems: [] };
}

class Refusal extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super("refused");
    this.problems = problems;
  }
}

function refuse(errors: readonly UserError[] | undefined): void {
  if (errors && errors.length > 0) {
    throw new Refusal(errors.map(problem));
  }
}

const FIELDS: Record<string, Field> = {
  fileName: "file",
  contentType: "file",
  size: "file",
  gcsPath: "file",
  uploadHistoryId: "file",
  importDefinitionId: "definition",
  version: "definition",
  year: "year",
  encoding: "encoding",
  delimiter: "delimiter",
  sheet: "sheet",
  headerRow: "headerRow",
  locale: "locale",
  decimalSeparator: "decimalSeparator",
};

/** Puts an error beside the input that it is about, as far as its path or code tells. */
export function problem(error: UserError): Problem {
  const named = error.field?.map((part) => FIELDS[part]).find((field) => field !== undefined);
  const field = named ?? (error.code === "YEAR_REQUIRED" ? "year" : null);
  return { field, code: error.code, message: error.message };
}

function nothing(mutation: string): ApiError {
  return new ApiError("EMPTY_PAYLOAD", `The server could not carry out ${mutation}. Please try again.`);
}

const CONTENT_TYPES: Record<string, string> = {
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  txt: "text/plain",
  jsonl: "application/x-ndjson",
  ndjson: "application/x-ndjson",
  gz: "application/gzip",
  zst: "application/zstd",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

/** By the name's ending: what a browser says depends on the programs installed beside it. */
export function contentType(file: { name: string; type: string }): string {
  const ending = file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase();
  return CONTENT_TYPES[ending] ?? (file.type || "application/octet-stream");
}

/** 128 random bits; crypto.randomUUID is missing where the page is not served securely. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
