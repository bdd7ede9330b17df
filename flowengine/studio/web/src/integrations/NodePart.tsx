import type { ReactNode } from "react";
import { showNode, type NodePage } from "../api/integrations";
import { textOf } from "../api/json";
import { link, replaceQuery, useRoute } from "../app/routes";
import { Icon, iconOf } from "../parts/icons";
import { JsonView } from "../parts/JsonView";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { NodeChanges } from "./NodeChanges";
import { NodeInputs } from "./NodeInputs";
import { Users } from "./Users";

const text = strings.nodeTypes;

function Head({ page }: { page: NodePage }): ReactNode {
  const deprecated = page.versions.find((one) => one.version === page.version)?.deprecated ?? null;
  return (
    <>
      <div className="doc-head">
        <span className="tile">
          <Icon name={iconOf(page.node)} />
        </span>
        <div className="doc-title">
          <h2>
            <Name text={page.title} />
          </h2>
          <Name text={`${page.node}@${page.version}`} mono />
        </div>
        <label className="doc-version">
          <span>{strings.versions.title}</span>
          <select value={page.version} onChange={(event) => replaceQuery({ version: event.target.value })}>
            {page.versions.map((one) => (
              <option key={one.version} value={one.version}>
                {one.version}
                {one.recommended ? ` (${strings.versions.recommended})` : ""}
                {one.deprecated !== null ? ` (${strings.versions.deprecated})` : ""}
              </option>
            ))}
          </select>
        </label>
      </div>
      {page.description !== "" && <p className="doc-description">{shown(page.description)}</p>}
      {deprecated !== null && <p className="note">{text.isDeprecated(shown(deprecated))}</p>}
      {page.version !== page.recommended && <p className="note">{text.notRecommended(page.recommended)}</p>}
    </>
  );
}

/** How it is done: what is sent where, and what that means for trying again. */
function Facts({ page }: { page: NodePage }): ReactNode {
  const facts: [string, ReactNode][] = [];
  if (page.method !== null) facts.push([text.method, <Name key="method" text={page.method} />]);
  if (page.request !== null) facts.push([text.sends, <Name key="sends" text={`${page.request.method} ${page.request.path}`} mono />]);
  else facts.push([text.sends, text.sendsNothing]);
  if (page.idempotent !== null) facts.push([text.again, page.idempotent ? text.idempotent : text.notIdempotent]);
  if (page.callback !== null) facts.push([text.result, text.callback(shown(page.callback))]);
  const kinds = (page.authorization?.kinds ?? []).map((one) => strings.authorizations.kind[one]).join(", ");
  facts.push([strings.form.authorization, page.authorization === null ? text.noAuthorization : page.authorization.required ? text.needsAuthorization(kinds) : text.takesAuthorization(kinds)]);
  if (page.aliases.length > 0) facts.push([text.otherNames, <Name key="names" text={page.aliases.join(", ")} />]);
  return (
    <dl className="doc-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Outcomes({ page }: { page: NodePage }): ReactNode {
  return (
    <section className="doc-part">
      <h3>{strings.outcomes.title}</h3>
      {page.openOutcomes && <p className="soft">{text.openOutcomes}</p>}
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

function Outputs({ page }: { page: NodePage }): ReactNode {
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
            <dd>
              {textOf(one.description) !== "" && <p>{shown(textOf(one.description))}</p>}
              {textOf(one.ourReading) !== "" && <p className="soft small">{text.ourReading(shown(textOf(one.ourReading)))}</p>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Readings({ page }: { page: NodePage }): ReactNode {
  if (page.ourReading.length === 0) return null;
  return (
    <section className="doc-part">
      <h3>{text.readings}</h3>
      <p className="soft small">{text.readingsHelp}</p>
      <ul className="doc-readings">
        {page.ourReading.map((one) => (
          <li key={one}>{shown(one)}</li>
        ))}
      </ul>
    </section>
  );
}

function Body({ page }: { page: NodePage }): ReactNode {
  return (
    <>
      <Head page={page} />
      <Facts page={page} />
      <NodeChanges page={page} />
      <NodeInputs page={page} />
      <Outcomes page={page} />
      <Outputs page={page} />
      <Readings page={page} />
      <section className="doc-part">
        <h3>{text.users}</h3>
        <Users uses={page.uses.map((use) => ({ ...use, environments: use.version === null ? [] : [text.atVersion(use.version)] }))} />
      </section>
      {page.example != null && (
        <section className="doc-part">
          <h3>{text.exampleTitle}</h3>
          <JsonView value={page.example} depth={2} />
        </section>
      )}
    </>
  );
}

/** The documentation of a node type, version by version. */
export function NodePart({ name }: { name: string }): ReactNode {
  const { query } = useRoute();
  const wanted = query.get("version") ?? "";
  const { value, error, again } = useAsked(() => showNode(name, wanted), `${name} ${wanted}`);
  return (
    <section className="doc" aria-label={shown(name)}>
      <p>
        <a href={link(["integrations", "nodes"])}>{strings.integrations.tab.nodes}</a>
      </p>
      {error && <Problem error={error} onAgain={again} />}
      {!value && !error && <p className="empty">{strings.common.loading}</p>}
      {value && !error && <Body page={value} />}
    </section>
  );
}
