import { useId, type ReactNode } from "react";
import type { Json, Path, Reference, Schema } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { findingsAt, useFilling } from "./filling";
import { FieldProblems } from "./Problems";
import { ValueInput, type ValueProps } from "./ValueInput";
import { isTemplate, widgetOf } from "./values";

const text = strings.form;

export interface FieldProps {
  path: Path;
  name: string;
  /** As it is called on the form; else the name. */
  title?: string | undefined;
  schema: Schema;
  value: Json | undefined;
  required?: boolean;
  /** Whether it goes with the other inputs. */
  fits?: boolean;
  references?: readonly Reference[];
  help?: string | undefined;
  /** Whether there is always one: it can be changed, and not be taken away. */
  kept?: boolean;
  /** Set it in another way than at its path. */
  onSet?: (value: Json | undefined) => void;
  /** Ask for it in another way than its schema says. */
  input?: (props: ValueProps) => ReactNode;
}

/** Whether something is asked for in more than one control. */
function isGroup(schema: Schema, value: Json | undefined): boolean {
  const widget = widgetOf(schema, value);
  return widget === "list" || widget === "map" || (widget === "any" && typeof value === "object" && value !== null);
}

/** Return what stands beside a title: the name of an input, as the file has it. */
function asideOf(path: Path, name: string, title: string | undefined): string | undefined {
  return path[0] === "inputs" && title !== undefined && title !== name ? name : undefined;
}

/** One input under its name, with what it is for and what is wrong with it. What is written is set when one leaves it. */
export function Field({ path, name, title, schema, value, required = false, fits = true, kept = false, references, help, onSet, input }: FieldProps): ReactNode {
  const id = useId();
  const { node, set, findings } = useFilling();
  const wrong = findingsAt(findings, node, path);
  const described = [help ? `${id}-help` : "", wrong.length > 0 ? `${id}-bad` : ""].join(" ").trim() || undefined;
  const write = onSet ?? ((next: Json | undefined) => set(path, next));
  const group = input !== undefined || isGroup(schema, value);
  const invalid = wrong.some((one) => one.severity === "error");
  const props: ValueProps = { id, label: shown(title ?? name), labelled: !group, path, schema, value, references, required, describedBy: described, invalid, onSet: write };
  return (
    <div className={`field${invalid ? " is-bad" : ""}${fits ? "" : " is-stray"}`} data-field={path.join(".")}>
      <FieldHead {...props} aside={asideOf(path, name, title)} clears={value !== undefined && !kept && !(required && input !== undefined)} />
      {!fits && <p className="field-doubt">{text.stray}</p>}
      {input ? input(props) : <ValueInput {...props} />}
      {help && (
        <p id={`${id}-help`} className="field-help">
          {shown(help)}
        </p>
      )}
      <FieldProblems id={`${id}-bad`} findings={wrong} />
    </div>
  );
}

function FieldHead({ id, label, labelled, schema, value, required, aside, clears, onSet }: ValueProps & { aside: string | undefined; clears: boolean }): ReactNode {
  const refers = typeof value === "string" && isTemplate(value) && schema.enum !== undefined;
  const called = label.replaceAll("/", "/\u200b");
  const look = required ? "field-label is-required" : "field-label";
  return (
    <div className="field-head">
      {labelled ? (
        <label className={look} htmlFor={id}>
          {called}
        </label>
      ) : (
        <span className={look}>{called}</span>
      )}
      {aside !== undefined && <span className="field-name mono">{shown(aside)}</span>}
      {value === "" && <span className="pill pill-soft">{text.emptyText}</span>}
      {refers && <span className="pill pill-soft">{text.kinds.reference}</span>}
      {clears && <Button icon="cross" look="quiet" className="field-clear" label={text.clear(label)} onClick={() => onSet(undefined)} />}
    </div>
  );
}
