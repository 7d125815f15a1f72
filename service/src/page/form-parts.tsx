import type { ComponentChildren } from "preact";

import type { FieldProblems } from "./fields";

interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  problems: FieldProblems;
  children: ComponentChildren;
}

/** A field with its label, its problems, and a hint. */
export function Field({ name, label, hint, problems, children }: FieldProps) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      <small id={`${name}-problem`} class="wrong" aria-live="polite">
        {(problems.get(name) ?? []).join(" ")}
      </small>
      {hint !== undefined && <small id={`${name}-hint`}>{hint}</small>}
    </div>
  );
}

/** Connects an input to its label, its hint and its problem. */
export function described(name: string, problems: FieldProblems) {
  return {
    id: name,
    name,
    "aria-describedby": `${name}-hint ${name}-problem`,
    ...(problems.has(name) ? { "aria-invalid": true as const } : {}),
  };
}

interface BoxesProps {
  name: string;
  label: string;
  hint?: string;
  options: readonly string[];
  /** Returns the displayed name of an option. Default: the option itself. */
  words?: (option: string) => string;
  chosen: readonly string[];
  problems: FieldProblems;
}

/** Several boxes, of which any may be ticked. */
export function Boxes({
  name,
  label,
  hint,
  options,
  words = (option) => option,
  chosen,
  problems,
}: BoxesProps) {
  return (
    <fieldset aria-describedby={`${name}-problem`}>
      <legend>{label}</legend>
      {options.map((option) => (
        <label key={option}>
          <input type="checkbox" name={name} value={option} checked={chosen.includes(option)} />{" "}
          <span>{words(option)}</span>
        </label>
      ))}
      {hint !== undefined && <small>{hint}</small>}
      <small id={`${name}-problem`} class="wrong" aria-live="polite">
        {(problems.get(name) ?? []).join(" ")}
      </small>
    </fieldset>
  );
}
