import type { ReactNode } from "react";
import { isObject, own } from "../api/json";
import type { Json, JsonObject, Path } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { Field } from "./Field";

const text = strings.retry;
const FIRST: JsonObject = { attempts: 3, delay: "500ms", on: ["onTimeout", "onError"] };
const FIELDS: { name: "attempts" | "delay" | "backoff"; schema: JsonObject }[] = [
  { name: "attempts", schema: { type: "integer" } },
  { name: "delay", schema: { type: "string" } },
  { name: "backoff", schema: { type: "number" } },
];

interface Props {
  value: Json | undefined;
  /** Where it is written. */
  at: Path;
  /** The outcomes after which it may be tried again. */
  outcomes: readonly string[];
  onSet: (path: Path, value: Json | undefined) => void;
}

/** When and how often something is tried again. */
export function RetryFields({ value, at, outcomes, onSet }: Props): ReactNode {
  if (value === undefined) {
    return (
      <Button icon="reopen" onClick={() => onSet(at, FIRST)}>
        {text.add}
      </Button>
    );
  }
  if (!isObject(value)) return <Field name="retry" title={text.title} schema={{ type: "object" }} value={value} onSet={(now) => onSet(at, now)} />;
  const written = own(value, "on");
  const on = Array.isArray(written) ? written.filter((one) => typeof one === "string") : [];
  const toggle = (outcome: string) => onSet([...at, "on"], on.includes(outcome) ? on.filter((one) => one !== outcome) : [...on, outcome]);
  return (
    <fieldset className="retry">
      <legend>{text.title}</legend>
      {FIELDS.map(({ name, schema }) => (
        <Field key={name} name={name} title={text[name]} schema={schema} value={own(value, name)} help={text.help[name]} onSet={(now) => onSet([...at, name], now)} />
      ))}
      <div role="group" aria-label={text.on} className="retry-on">
        <span className="field-label" aria-hidden="true">{text.on}</span>
        {[...new Set([...outcomes, ...on])].map((outcome) => (
          <label key={outcome} className="check">
            <input type="checkbox" checked={on.includes(outcome)} onChange={() => toggle(outcome)} />
            <bdi>{shown(outcome)}</bdi>
          </label>
        ))}
      </div>
      <Button look="quiet" icon="cross" onClick={() => onSet(at, undefined)}>
        {text.remove}
      </Button>
    </fieldset>
  );
}
