import { useId } from "react";
import type { ReactNode } from "react";
import type { Field, Problem } from "../api/upload.ts";

interface InputProps {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string;
}

interface LabelledProps {
  label: string;
  hint: string;
  field: Field;
  problems: readonly Problem[];
  children: (props: InputProps) => ReactNode;
}

/** An input with its label, and below it a hint or what is wrong with it. */
export function Labelled({ label, hint, field, problems, children }: LabelledProps) {
  const id = useId();
  const own = problems.filter((each) => each.field === field);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": own.length > 0, "aria-describedby": `${id}-hint` })}
      <div id={`${id}-hint`} aria-live="polite">
        {own.length === 0 && <p className="hint">{hint}</p>}
        {own.map((each) => (
          <p key={each.code + each.message} className="wrong">
            {each.message}
          </p>
        ))}
      </div>
    </div>
  );
}
