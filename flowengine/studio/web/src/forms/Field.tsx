import { useId, useState, type ReactNode } from "react";
import { equal, textOf } from "../api/json";
import type { Json, Reference, Schema } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { ReferenceInput } from "./ReferenceInput";
import { parsed, widgetOf, written, type Widget } from "./values";

const text = strings.form;

interface Props {
  name: string;
  /** As it is called on the form; else the name. */
  title?: string | undefined;
  schema: Schema;
  value: Json | undefined;
  required?: boolean;
  references?: readonly Reference[];
  help?: string | undefined;
  bad?: string | undefined;
  onSet: (value: Json | undefined) => void;
}

/** What stands in a field: what was written last, until the value behind it changes. */
function useDraft({ schema, value, onSet }: Pick<Props, "schema" | "value" | "onSet">) {
  const [draft, setDraft] = useState<{ text: string; of: Json | undefined } | null>(null);
  const widget = widgetOf(schema, value);
  const current = draft && equal(draft.of, value) ? draft.text : written(value);
  const next = current === "" ? undefined : parsed(current, widget, schema);
  const refused = current === "" || next !== undefined ? undefined : widget === "json" ? text.notJson : text.notNumber;
  return {
    widget,
    current,
    refused,
    write: (now: string) => setDraft({ text: now, of: value }),
    commit: () => {
      if (draft && current !== written(value) && !refused) onSet(next);
    },
    clear: () => {
      setDraft(null);
      onSet(undefined);
    },
  };
}

/** Return what a field offers to choose from; null for one in which anything may be written. */
function optionsOf(schema: Schema, widget: Widget): string[] | null {
  if (widget === "boolean") return ["true", "false"];
  return widget === "choice" && Array.isArray(schema.enum) ? schema.enum.map(written) : null;
}

/** One input, asked for in the way its schema says. What is written is set when one leaves the field or presses Enter. */
export function Field({ name, title, schema, value, required = false, references = [], help, bad, onSet }: Props): ReactNode {
  const id = useId();
  const { widget, current, refused, write, commit, clear } = useDraft({ schema, value, onSet });
  const wrong = refused ?? bad;
  const options = optionsOf(schema, widget);
  const chooses = options !== null && (current === "" || options.includes(current));
  const described = [help ? `${id}-help` : "", wrong ? `${id}-bad` : ""].join(" ").trim() || undefined;
  const choose = (option: string) => {
    if (option === REFERENCE) write("$(");
    else onSet(option === "" ? undefined : parsed(option, widget, schema));
  };
  return (
    <div className={`field${wrong ? " is-bad" : ""}`}>
      <FieldHead id={id} name={name} title={title} required={required} onClear={value === undefined ? undefined : clear} />
      {chooses ? (
        <select id={id} value={current} aria-describedby={described} aria-required={required} onChange={(event) => choose(event.target.value)}>
          <option value="">{text.notGiven}</option>
          {options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
          <option value={REFERENCE}>{text.byReference}</option>
        </select>
      ) : (
        <ReferenceInput id={id} value={current} references={schema["x-literal"] === true ? [] : references} onChange={write} onCommit={commit} describedBy={described} invalid={Boolean(wrong)} mono={widget === "json" || widget === "code"} placeholder={exampleOf(schema)} required={required} settled={current === written(value)} />
      )}
      {help && (
        <p id={`${id}-help`} className="field-help">
          {shown(help)}
        </p>
      )}
      {wrong && (
        <p id={`${id}-bad`} className="field-bad">
          {wrong}
        </p>
      )}
    </div>
  );
}

function FieldHead({ id, name, title, required, onClear }: { id: string; name: string; title: string | undefined; required: boolean; onClear: (() => void) | undefined }): ReactNode {
  return (
    <div className="field-head">
      <label className="field-label" htmlFor={id}>
        {shown(title ?? name).replaceAll("/", "/\u200b")}
        {required && (
          <span className="required" title={text.required}>
            *
          </span>
        )}
      </label>
      {title !== undefined && <span className="field-name mono">{shown(name)}</span>}
      {onClear && <Button icon="cross" look="quiet" className="field-clear" label={text.clear(shown(name))} onClick={onClear} />}
    </div>
  );
}

const REFERENCE = "$(…)";

function exampleOf(schema: Schema): string | undefined {
  const examples = schema.examples;
  const first = Array.isArray(examples) ? examples[0] : undefined;
  return first === undefined ? undefined : textOf(first) || JSON.stringify(first);
}
