import type { ReactNode } from "react";
import type { NodePage } from "../api/integrations";
import { isObject, own, textOf } from "../api/json";
import type { Json, JsonObject } from "../api/types";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";

const text = strings.nodeTypes;

const entries = (value: Json | undefined): [string, JsonObject][] => (isObject(value) ? Object.entries(value).map(([name, one]) => [name, isObject(one) ? one : {}]) : []);
const listed = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(textOf) : value === undefined || value === "" ? [] : [textOf(value)]);
const written = (value: Json) => (typeof value === "string" ? value : JSON.stringify(value));

/** Follow a local reference of a schema, once: enough to say what kind of value it is. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  const name = /^#\/\$defs\/([^/]+)$/.exec(textOf(schema.$ref))?.[1];
  const defs = root.$defs;
  const found = name !== undefined && isObject(defs) ? own(defs, name) : undefined;
  return isObject(found) ? { ...found, ...schema } : schema;
}

/** Return what an input may be, in a few words: `one of sms, email`, `text`, `number`. */
export function typeWords(schema: JsonObject): string {
  if (Array.isArray(schema.enum)) return text.oneOf(schema.enum.map(written).join(", "));
  const types = Array.isArray(schema.type) ? schema.type.map(textOf) : listed(schema.type);
  return types.map((one) => own(text.type as Record<string, string>, one) ?? one).join(text.or);
}

function Need({ conditions }: { conditions: string[] | undefined }): ReactNode {
  if (conditions === undefined) return null;
  if (conditions.length === 0) return <span className="pill">{text.required}</span>;
  return <span className="pill pill-warn">{text.sometimes}</span>;
}

function Input({ name, one, page }: { name: string; one: JsonObject; page: NodePage }): ReactNode {
  const conditions = own(page.requirements, name);
  const examples = Array.isArray(one.examples) ? one.examples : [];
  return (
    <div>
      <dt>
        <Name text={name} mono />
        <Need conditions={conditions} />
        <span className="soft small">{shown(typeWords(one))}</span>
      </dt>
      <dd>
        {textOf(one.description) !== "" && <p>{shown(textOf(one.description))}</p>}
        {(conditions ?? []).map((condition) => (
          <p key={condition} className="small">
            {text.requiredWhen(shown(condition))}
          </p>
        ))}
        {listed(one.ourReading).map((reading) => (
          <p key={reading} className="soft small">
            {text.ourReading(shown(reading))}
          </p>
        ))}
        {examples.length > 0 && (
          <p className="soft small">
            {text.example} <Name text={examples.map(written).join("  ")} mono />
          </p>
        )}
      </dd>
    </div>
  );
}

/** What a node is given: each input with what it takes, and when it is asked for. */
export function NodeInputs({ page }: { page: NodePage }): ReactNode {
  const inputs = entries(page.inputs.properties);
  return (
    <section className="doc-part">
      <h3>{strings.form.inputs}</h3>
      {inputs.length === 0 && <p className="soft">{text.noInputs}</p>}
      <dl className="doc-list">
        {inputs.map(([name, one]) => (
          <Input key={name} name={name} one={resolved(one, page.inputs)} page={page} />
        ))}
      </dl>
    </section>
  );
}
