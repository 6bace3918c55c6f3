import { useState } from "react";
import type { DetectedFormat, FormatInput } from "../api/operations.ts";
import type { Field, Problem } from "../api/upload.ts";
import { Labelled } from "../ui/labelled.tsx";

const ENCODINGS = ["UTF-8", "UTF-16LE", "UTF-16BE", "windows-1252", "windows-1254", "windows-1258", "ISO-8859-9", "Shift_JIS"];

const DELIMITERS: [string, string][] = [
  [",", "Comma"],
  [";", "Semicolon"],
  ["\t", "Tab"],
  ["|", "Bar |"],
];

const LOCALES: [string, string][] = [
  ["nl", "Dutch"],
  ["en-AU", "English (Australia)"],
  ["en-GB", "English (United Kingdom)"],
  ["en-US", "English (United States)"],
  ["fr", "French"],
  ["de", "German"],
  ["de-CH", "German (Switzerland)"],
  ["it", "Italian"],
  ["ja", "Japanese"],
  ["pl", "Polish"],
  ["pt-BR", "Portuguese (Brazil)"],
  ["pt-PT", "Portuguese (Portugal)"],
  ["es", "Spanish"],
  ["tr", "Turkish"],
  ["vi", "Vietnamese"],
];

const FIELDS = new Set<Field>(["encoding", "delimiter", "locale", "decimalSeparator", "sheet", "headerRow"]);

interface FormatFieldsProps {
  /** What is known about the file, once it was checked. */
  detected: DetectedFormat | null;
  problems: readonly Problem[];
}

/** What a person may say about how the file is written. Everything can stay open. */
export function FormatFields({ detected, problems }: FormatFieldsProps) {
  const [open, setOpen] = useState(false);
  const wrong = problems.some((each) => FIELDS.has(each.field));
  return (
    <details open={open || wrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>How the file is written</summary>
      <div className="fields">
        <Choice label="Encoding" field="encoding" hint={found(detected?.encoding)} problems={problems}>
          {ENCODINGS.map((each) => [each, each])}
        </Choice>
        <Choice label="Between cells" field="delimiter" hint="Of CSV files" problems={problems}>
          {DELIMITERS}
        </Choice>
        <Choice label="Numbers and dates" field="locale" hint="As people of this language write them" problems={problems}>
          {LOCALES}
        </Choice>
        <Choice label="Decimal separator" field="decimalSeparator" hint="Goes before the language's" problems={problems}>
          {[
            [",", "Comma: 1,5"],
            [".", "Point: 1.5"],
          ]}
        </Choice>
        {detected !== null && detected.sheets.length > 0 && (
          <Choice label="Sheet" field="sheet" hint={found(detected.sheet)} problems={problems}>
            {detected.sheets.map((each) => [each, each])}
          </Choice>
        )}
        <Labelled label="Header row" field="headerRow" hint={found(detected && String(detected.headerRow))} problems={problems}>
          {(props) => <input {...props} name="headerRow" inputMode="numeric" maxLength={6} size={6} />}
        </Labelled>
      </div>
    </details>
  );
}

function found(what: string | null | undefined): string {
  return what ? `Found: ${what}` : "";
}

interface ChoiceProps {
  label: string;
  field: keyof FormatInput;
  hint: string;
  problems: readonly Problem[];
  children: (readonly [string, string])[];
}

function Choice({ label, field, hint, problems, children }: ChoiceProps) {
  return (
    <Labelled label={label} field={field} hint={hint} problems={problems}>
      {(props) => (
        <select {...props} name={field} defaultValue="">
          <option value="">Not said</option>
          {children.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

/** What was said, and what is wrong with it. */
export function readFormat(data: FormData): { format: FormatInput; problems: Problem[] } {
  const said = (name: string) => String(data.get(name) ?? "");
  const format: FormatInput = {};
  for (const name of ["encoding", "delimiter", "locale", "decimalSeparator", "sheet"] as const) {
    if (said(name) !== "") {
      format[name] = said(name);
    }
  }
  const row = said("headerRow").trim();
  if (row === "") {
    return { format, problems: [] };
  }
  if (!/^[1-9]\d*$/.test(row)) {
    return { format, problems: [{ field: "headerRow", code: "NOT_A_ROW", message: "Write the row's number, such as 3." }] };
  }
  return { format: { ...format, headerRow: Number(row) }, problems: [] };
}
