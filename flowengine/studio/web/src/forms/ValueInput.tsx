import { useState, type ReactNode } from "react";
import { equal } from "../api/json";
import type { Json, Path, Reference, Schema } from "../api/types";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { useFilling } from "./filling";
import { ListRows } from "./ListRows";
import { MapRows } from "./MapRows";
import { ReferenceInput } from "./ReferenceInput";
import { useDraft } from "./useDraft";
import { guessed, isTemplate, kindOf, kindsOf, looksOtherwise, numberIn, turned, widgetOf, written, type Kind } from "./values";

const text = strings.form;

export interface ValueProps {
  id: string;
  /** What it is called where no label stands beside it; rows are called after it as well. */
  label: string;
  labelled?: boolean;
  path: Path;
  schema: Schema;
  value: Json | undefined;
  references?: readonly Reference[] | undefined;
  /** Whether it is a part of something: then it can be empty, and is not taken away by being emptied. */
  nested?: boolean;
  required?: boolean;
  describedBy?: string | undefined;
  invalid?: boolean;
  onSet: (value: Json | undefined) => void;
}

/** One value, asked for in the way its schema says; of another kind, as what it is. */
export function ValueInput(props: ValueProps): ReactNode {
  const { schema, value } = props;
  switch (widgetOf(schema, value)) {
    case "choice":
      return <ChoiceValue {...props} />;
    case "list":
      return <ListRows {...props} />;
    case "map":
      return <MapRows {...props} />;
    case "any":
      return <AnyValue {...props} />;
    case "number":
      return <TextValue {...props} reads="number" />;
    case "code":
      return <TextValue {...props} look="code" />;
    case "text":
      return <TextValue {...props} />;
  }
}

type Reads = "text" | "number" | "any";

/** Read what was written; undefined where it cannot be read as what it has to be. */
function readAs(written: string, reads: Reads): Json | undefined {
  if (written === '""') return "";
  if (reads === "text" || isTemplate(written)) return reads === "text" ? written : written.trim();
  return reads === "number" ? numberIn(written) : guessed(written);
}

const PROSE = /(text|body|html|message|description|note)$/i;

/** Whether a text has room for several lines: where it is something to be read, or has them already. */
function lookOf(path: Path, schema: Schema, value: Json | undefined): "line" | "lines" {
  if (typeof value === "string" && value.includes("\n")) return "lines";
  return schema.pattern === undefined && schema.type === "string" && PROSE.test(String(path.at(-1))) ? "lines" : "line";
}

export function TextValue({ id, label, labelled, path, schema, value, references, nested, required, describedBy, invalid, onSet, reads = "text", look }: ValueProps & { reads?: Reads; look?: "line" | "lines" | "code" }): ReactNode {
  const filling = useFilling();
  const [draft, setDraft] = useDraft(value);
  const current = draft ?? written(value);
  const next = readAs(current, reads);
  const refused = draft !== null && current !== "" && next === undefined;
  const commit = () => {
    if (current === written(value)) return;
    if (current === "" && !(nested && reads !== "number")) onSet(undefined);
    else if (next !== undefined) onSet(next);
  };
  return (
    <>
      <ReferenceInput
        id={id}
        label={labelled ? undefined : label}
        called={label}
        value={current}
        references={schema["x-literal"] === true ? [] : (references ?? filling.references)}
        onChange={setDraft}
        onCommit={commit}
        describedBy={refused ? `${id}-refused` : describedBy}
        invalid={Boolean(invalid) || refused}
        mono={look === "code"}
        look={look ?? lookOf(path, schema, value)}
        placeholder={hintOf(schema, value)}
        required={Boolean(required)}
        settled={current === written(value)}
      />
      {refused && (
        <p id={`${id}-refused`} className="field-bad">
          {text.notNumber}
        </p>
      )}
    </>
  );
}

const REFERENCE = "$(…)";

function ChoiceValue(props: ValueProps): ReactNode {
  const { id, label, labelled, schema, value, describedBy, required, nested, onSet } = props;
  const [refers, setRefers] = useState(false);
  const values: Json[] = Array.isArray(schema.enum) ? schema.enum : [true, false];
  if ((refers && value === undefined) || (typeof value === "string" && isTemplate(value))) return <TextValue {...props} schema={{}} reads="any" />;
  const at = values.findIndex((one) => equal(one, value));
  const choose = (chosen: string) => {
    if (chosen === REFERENCE) {
      setRefers(true);
      onSet(undefined);
    } else onSet(chosen === "" ? undefined : values[Number(chosen)]);
  };
  return (
    <select id={id} aria-label={labelled ? undefined : label} aria-describedby={describedBy} aria-required={required} value={value === undefined ? "" : at < 0 ? "other" : String(at)} onChange={(event) => choose(event.target.value)}>
      {!nested && <option value="">{schema.default === undefined ? text.notGiven : text.byDefault(written(schema.default))}</option>}
      {at < 0 && value !== undefined && <option value="other">{text.notOffered(shown(written(value)))}</option>}
      {values.map((one, number) => (
        <option key={number} value={number}>
          {typeof one === "boolean" ? text.truth(one) : shown(written(one))}
        </option>
      ))}
      {!nested && <option value={REFERENCE}>{text.byReference}</option>}
    </select>
  );
}

/** A value that may be of several kinds: the kind is shown, and can be changed. */
export function AnyValue(props: ValueProps): ReactNode {
  const { schema, value, label, onSet } = props;
  const known = kindsOf(schema);
  const kind = value === undefined ? null : kindOf(value);
  const kinds = kind === null || known.includes(kind) ? known : [...known, kind];
  const refers = typeof value === "string" && isTemplate(value);
  return (
    <div className={`any-value of-${kind ?? "none"}`}>
      <AnyKind {...props} kind={kind} schema={ofKind(schema, kind)} guesses={known.length > 1} />
      {kinds.length > 1 && (
        <select className="kind" aria-label={text.kindOf(label)} value={refers ? "reference" : (kind ?? "")} onChange={(event) => onSet(turned(value, event.target.value as Kind))}>
          {kind === null && <option value="">{text.asWritten}</option>}
          {refers && <option value="reference">{text.kinds.reference}</option>}
          {kinds.map((one) => (
            <option key={one} value={one}>
              {text.kinds[one]}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

function AnyKind({ kind, guesses, ...props }: ValueProps & { kind: Kind | null; guesses: boolean }): ReactNode {
  const { value } = props;
  switch (kind) {
    case "nothing":
      return <output className="soft nothing">{text.nothing}</output>;
    case "boolean":
      return <ChoiceValue {...props} schema={{}} nested />;
    case "number":
      return <TextValue {...props} reads="number" />;
    case "list":
      return <ListRows {...props} />;
    case "map":
      return <MapRows {...props} />;
    case "text":
    case null: {
      // What was text stays text; what has only been begun becomes what it looks like.
      const guessing = guesses && (value === undefined || value === "") && !(typeof value === "string" && looksOtherwise(value));
      return <TextValue {...props} reads={guessing ? "any" : "text"} />;
    }
  }
}

/** Return what a schema says of values of one kind. */
function ofKind(schema: Schema, kind: Kind | null): Schema {
  const type = { text: "string", number: "number", boolean: "boolean", nothing: "null", list: "array", map: "object" }[kind ?? "text"];
  return { ...schema, type };
}

/** Return what stands in an empty field: the default, or an example. */
function hintOf(schema: Schema, value: Json | undefined): string | undefined {
  if (value === "") return text.emptyText;
  if (schema.default !== undefined) return text.byDefault(written(schema.default));
  const first = Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  return first === undefined ? undefined : text.example(written(first));
}

