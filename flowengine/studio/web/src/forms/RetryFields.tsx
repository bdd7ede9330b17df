import type { ReactNode } from "react";
import { isObject, own } from "../api/json";
import type { Json, JsonObject, Path } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { Field } from "./Field";
import { useFilling } from "./filling";

const text = strings.retry;
const FIRST: JsonObject = { attempts: 3, delay: "500ms", backoff: 2, on: ["onTimeout", "onError"] };
const FIELDS: { name: "attempts" | "delay" | "backoff"; schema: JsonObject; required: boolean }[] = [
  { name: "attempts", schema: { type: "integer", examples: [3] }, required: true },
  { name: "delay", schema: { type: "string", pattern: "", default: "500ms" }, required: false },
  { name: "backoff", schema: { type: "number", default: 2 }, required: false },
];
const NONE: readonly never[] = [];

interface Props {
  value: Json | undefined;
  /** Where it is written. */
  at: Path;
  /** The outcomes after which it may be tried again. */
  outcomes: readonly string[];
}

/** When and how often something is tried again. */
export function RetryFields({ value, at, outcomes }: Props): ReactNode {
  const { set } = useFilling();
  if (value === undefined) {
    return (
      <Button icon="reopen" onClick={() => set(at, { ...FIRST, on: outcomes.filter((one) => one === "onTimeout" || one === "onError") })}>
        {text.add}
      </Button>
    );
  }
  if (!isObject(value)) return <Field path={at} name="retry" title={text.title} schema={{ type: "object" }} value={value} />;
  const written = own(value, "on");
  const on = Array.isArray(written) ? written.filter((one) => typeof one === "string") : [];
  const toggle = (outcome: string) => {
    const next = on.includes(outcome) ? on.filter((one) => one !== outcome) : [...on, outcome];
    if (next.length > 0) set([...at, "on"], next);
    else set(at, undefined);
  };
  return (
    <fieldset className="retry">
      <legend>{text.title}</legend>
      {FIELDS.map(({ name, schema, required }) => (
        <Field key={name} path={[...at, name]} name={name} title={text[name]} schema={schema} value={own(value, name)} required={required} references={NONE} help={text.help[name]} />
      ))}
      <div role="group" aria-label={text.on} className="retry-on">
        <span className="field-label" aria-hidden="true">
          {text.on}
        </span>
        {[...new Set([...outcomes, ...on])].map((outcome) => (
          <label key={outcome} className="check">
            <input type="checkbox" checked={on.includes(outcome)} onChange={() => toggle(outcome)} />
            <bdi>{shown(outcome)}</bdi>
          </label>
        ))}
      </div>
      <Button look="quiet" icon="cross" onClick={() => set(at, undefined)}>
        {text.remove}
      </Button>
    </fieldset>
  );
}
