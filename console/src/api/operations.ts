// Every document that the app sends, beside the types of its answers. A test checks the documents against schema.graphql.
import { gql } from "./client.ts";

/** A date and time, RFC 3339 in UTC. */
export type Time = string;

export interface UserError {
  code: string;
  field: string[] | null;
  message: string;
}

export interface Viewer {
  user: { name: string; email: string | null };
  organization: { id: string; name: string };
  group: { id: string; name: string } | null;
  role: string;
}

export const VIEWER = gql<{ viewer: Viewer }>(`
  query Viewer {
    viewer { user { name email } organization { id name } group { id name } role }
  }
`);

export interface ImportRow {
  id: string;
  revision: number;
  status: string;
  fileName: string | null;
  rowCount: number | null;
  processedRowCount: number;
  progress: number | null;
  resultCount: number;
  error: string | null;
  importDefinition: { name: string };
  correctionOf: { id: string } | null;
  supersededBy: { id: string } | null;
  createdAt: Time;
  updatedAt: Time;
}

const IMPORT_ROW = `
  fragment ImportRow on Import {
    id revision status fileName rowCount processedRowCount progress resultCount error
    importDefinition { name } correctionOf { id } supersededBy { id } createdAt updatedAt
  }
`;

export const IMPORTS = gql<{ imports: { nodes: ImportRow[] } }, { first: number }>(`
  query Imports($first: Int!) {
    imports(first: $first) { nodes { ...ImportRow } }
  }
  ${IMPORT_ROW}
`);

export const IMPORT_CHANGED = gql<{ importStatusChanged: ImportRow }, { since: Time }>(`
  subscription ImportChanged($since: Time!) {
    importStatusChanged(since: $since) { ...ImportRow }
  }
  ${IMPORT_ROW}
`);

export interface UploadRow {
  id: string;
  revision: number;
  status: string;
  fileName: string;
  fileSize: number | null;
  rowCount: number | null;
  errorReason: string | null;
  detectedFormat: DetectedFormat | null;
  warnings: { code: string; message: string }[];
  user: { name: string };
  createdAt: Time;
  updatedAt: Time;
}

export interface DetectedFormat {
  kind: string;
  encoding: string | null;
  encodingConfidence: number | null;
  delimiter: string | null;
  compression: string | null;
  sheets: string[];
  sheet: string | null;
  headerRow: number;
}

const UPLOAD_ROW = `
  fragment UploadRow on ReviewUploadHistory {
    id revision status fileName fileSize rowCount errorReason
    detectedFormat { kind encoding encodingConfidence delimiter compression sheets sheet headerRow }
    warnings { code message }
    user { name } createdAt updatedAt
  }
`;

export const UPLOADS = gql<{ uploadHistories: { nodes: UploadRow[] } }, { first: number }>(`
  query Uploads($first: Int!) {
    uploadHistories(first: $first) { nodes { ...UploadRow } }
  }
  ${UPLOAD_ROW}
`);

export const UPLOAD_CHANGED = gql<{ uploadHistoryStatusChanged: UploadRow }, { since: Time }>(`
  subscription UploadChanged($since: Time!) {
    uploadHistoryStatusChanged(since: $since) { ...UploadRow }
  }
  ${UPLOAD_ROW}
`);

export interface Definition {
  id: string;
  name: string;
  description: string | null;
  inputSchema: { name: string; required: boolean; role: string | null }[];
}

export const DEFINITIONS = gql<{ importDefinitions: { nodes: Definition[] } }>(`
  query Definitions {
    importDefinitions(first: 100, orderBy: { field: NAME, direction: ASC }) {
      nodes { id name description inputSchema { name required role } }
    }
  }
`);

export interface ImportDetails {
  id: string;
  status: string;
  fileName: string | null;
  error: string | null;
  errorCode: string | null;
  rowCount: number | null;
  acceptedRowCount: number;
  rejectedRowCount: number;
  resultCount: number;
  importDefinition: { id: string; name: string };
  warnings: { code: string; message: string }[];
  correctionOf: { id: string; fileName: string | null } | null;
  supersededBy: { id: string; fileName: string | null } | null;
  ranWith: { outputSchema: Output[] };
  errorGroups: ErrorGroup[];
}

export interface Output {
  key: string;
  label: string;
  unit: string | null;
}

export interface ErrorGroup {
  code: string;
  column: string | null;
  count: number;
  rowRanges: { first: number; last: number }[];
  sample: { row: number; line: number | null; value: string | null; message: string };
}

export const IMPORT = gql<{ import: ImportDetails | null }, { id: string }>(`
  query Import($id: ID!) {
    import(id: $id) {
      id status fileName error errorCode rowCount acceptedRowCount rejectedRowCount resultCount
      importDefinition { id name }
      warnings { code message }
      correctionOf { id fileName }
      supersededBy { id fileName }
      ranWith { outputSchema { key label unit } }
      errorGroups { code column count rowRanges { first last } sample { row line value message } }
    }
  }
`);

export interface Links {
  rejectedRows: { url: string } | null;
  csv: { url: string } | null;
  jsonl: { url: string } | null;
}

/** Signed links work for some minutes: they are asked for when one is wanted. */
export const LINKS = gql<{ import: Links | null }, { id: string }>(`
  query Links($id: ID!) {
    import(id: $id) { rejectedRows { url } csv: resultsFile(format: CSV) { url } jsonl: resultsFile(format: JSONL) { url } }
  }
`);

export interface Result {
  id: string;
  siteKey: string | null;
  year: number;
  periodUnit: string;
  period: number;
  processedData: Record<string, unknown>;
  rowsProcessed: number;
}

export interface ResultPage {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  nodes: Result[];
}

export const RESULTS = gql<{ import: { results: ResultPage } | null }, { id: string; after: string | null }>(`
  query Results($id: ID!, $after: Cursor) {
    import(id: $id) {
      results(first: 50, after: $after, orderBy: { field: PERIOD, direction: ASC }) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { id siteKey year periodUnit period processedData rowsProcessed }
      }
    }
  }
`);

export interface SignedUpload {
  gcsPath: string | null;
  method: string | null;
  url: string | null;
  headers: { name: string; value: string }[];
  userErrors: UserError[];
}

export const CREATE_UPLOAD = gql<
  { createUpload: SignedUpload | null },
  { input: { fileName: string; contentType: string; size: number; resumable: boolean } }
>(`
  mutation CreateUpload($input: CreateUploadInput!) {
    createUpload(input: $input) {
      gcsPath method url headers { name value }
      userErrors { code field message }
    }
  }
`);

export const STORE_UPLOAD = gql<
  { storeUploadHistory: { uploadHistory: { id: string } | null; userErrors: UserError[] } | null },
  { input: { fileName: string; gcsPath: string; errorReason?: string } }
>(`
  mutation StoreUpload($input: StoreUploadHistoryInput!) {
    storeUploadHistory(input: $input) {
      uploadHistory { id }
      userErrors { code field message }
    }
  }
`);

/** How a file is written, as far as a person says so; everything else is the definition's, or detected. */
export interface FormatInput {
  encoding?: string;
  delimiter?: string;
  sheet?: string;
  headerRow?: number;
  locale?: string;
  decimalSeparator?: string;
}

export interface StartInput {
  uploadHistoryId: string;
  importDefinitionId: string;
  year?: number;
  format?: FormatInput;
  onInvalidRow?: "SKIP";
  correctionOf?: string;
  idempotencyKey: string;
}

export const START_IMPORT = gql<
  { startImport: { import: ImportRow | null; userErrors: UserError[] } | null },
  { input: StartInput }
>(`
  mutation StartImport($input: StartImportInput!) {
    startImport(input: $input) {
      import { ...ImportRow }
      userErrors { code field message }
    }
  }
  ${IMPORT_ROW}
`);
