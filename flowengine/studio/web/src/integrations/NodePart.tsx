import type { ReactNode } from "react";
import { showNodeType, type NodeVersionPage } from "../api/integrations";
import { isObject, textOf } from "../api/json";
import type { Json, JsonObject } from "../api/types";
import { link, replaceQuery, useRoute } from "../app/routes";
import { Icon, iconOf } from "../parts/icons";
import { JsonView } from "../parts/JsonView";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.nodeTypes;

const entries = (value: Json | undefined): [string, JsonObject][] => (isObject(value) ? Object.entries(value).map(([name, one]) => [name, isObject(one) ? one : {}]) : []);

/** Return what an input may be, in a few words: `one of sms, email`, `text`, `number`. */
export function typeWords(schema: JsonObject): string {
  if (Array.isArray(schema.enum)) return text.oneOf(schema.enum.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", "));
  if (Array.isArray(schema.type)) return schema.type.map(textOf).join(" | ");
  return textOf(schema.type);
}

function Inputs({ page }: { page: NodeVersionPage }): ReactNode {
  const inputs = entries(page.inputs.properties);
  const required = new Set(Array.isArray(page.inputs.required) ? page.inputs.required.map(textOf) : []);
  if (inputs.length === 0) return null;
  return (
    <section className="doc-part">
      <h3>{strings.form.inputs}</h3>
      <dl className="doc-list">
        {inputs.map(([name, one]) => (
          <div key={name}>
            <dt>
              <Name text={name} mono />
              {required.has(name) && <span className="pill">{text.required}</span>}
              <span className="soft small">{shown(typeWords(one))}</span>
            </dt>
            <dd>
              {textOf(one.description) !== "" && <p>{shown(textOf(one.description))}</p>}
              {textOf(one.ourReading) !== "" && <p className="soft small">{text.ourReading(shown(textOf(one.ourReading)))}</p>}
              {Array.isArray(one.examples) && one.examples.length > 0 && (
                <p className="soft small">
                  {text.example} <Name text={one.examples.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("  ")} mono />
                </p>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Outcomes({ page }: { page: NodeVersionPage }): ReactNode {
  return (
    <section className="doc-part">
      <h3>{strings.outcomes.title}</h3>
      <dl className="doc-list">
        {Object.entries(page.outcomes).map(([name, one]) => (
          <div key={name}>
            <dt className={one.kind}>
              <span className="edge-sign" aria-hidden="true">
                {one.kind === "error" ? "✕" : "●"}
              </span>
              <Name text={name} />
              <span className="sr">{strings.outcomes.kind[one.kind]}</span>
            </dt>
            <dd>
              {one.description !== null && <p>{shown(one.description)}</p>}
              {one.aliases.length > 0 && <p className="soft small">{text.aliases(shown(one.aliases.join(", ")))}</p>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Outputs({ page }: { page: NodeVersionPage }): ReactNode {
  const outputs = Object.entries(page.outputs);
  if (outputs.length === 0) return null;
  return (
    <section className="doc-part">
      <h3>{strings.run.outputs}</h3>
      <dl className="doc-list">
        {outputs.map(([name, one]) => (
          <div key={name}>
            <dt>
              <Name text={name} mono />
              <span className="soft small">{shown(textOf(one.type))}</span>
            </dt>
            <dd>{textOf(one.description) !== "" && <p>{shown(textOf(one.description))}</p>}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The documentation of a node type, version by version. */
export function NodePart({ name }: { name: string }): ReactNode {
  const { query } = useRoute();
  const wanted = query.get("version") ?? "";
  const { value, error, again } = useAsked(() => showNodeType(name, wanted), `${name} ${wanted}`);
  return (
    <section className="doc" aria-label={shown(name)}>
      <p>
        <a href={link(["integrations", "nodes"])}>{strings.integrations.tab.nodes}</a>
      </p>
      {error && <Problem error={error} onAgain={again} />}
      {!value && !error && <p className="empty">{strings.common.loading}</p>}
      {value && (
        <>
          <div className="doc-head">
            <span className="tile">
              <Icon name={iconOf(value.node)} />
            </span>
            <h2 className="mono">
              <Name text={`${value.node}@${value.version}`} />
            </h2>
            <label className="doc-version">
              <span>{strings.versions.title}</span>
              <select value={value.version} onChange={(event) => replaceQuery({ version: event.target.value })}>
                {value.versions.map((one) => (
                  <option key={one} value={one}>
                    {one === value.recommended ? `${one} (${strings.versions.recommended})` : one}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <p className="soft">{value.authorization === null ? text.noAuthorization : value.authorization.required ? text.needsAuthorization(value.authorization.kinds.join(", ")) : text.takesAuthorization(value.authorization.kinds.join(", "))}</p>
          <Inputs page={value} />
          <Outcomes page={value} />
          <Outputs page={value} />
          {value.example != null && (
            <section className="doc-part">
              <h3>{text.exampleTitle}</h3>
              <JsonView value={value.example} depth={4} />
            </section>
          )}
        </>
      )}
    </section>
  );
}
