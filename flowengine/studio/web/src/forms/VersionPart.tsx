import { useId, useState, type ReactNode } from "react";
import type { Changed, NodeForm, Operation, VersionChange } from "../api/types";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { useFilling } from "./filling";
import { written } from "./values";

const text = strings.versions;

function linesOf({ added, removed, changed, renamed, details }: Changed): string[] {
  return [
    ...renamed.map(([from, to]) => text.renamed(from, to)),
    ...added.map(text.added),
    ...removed.map(text.removed),
    ...changed.map((name) => {
      const detail = details[name];
      const said = detail ? [...detail.added.map((one) => text.takes(written(one))), ...detail.removed.map((one) => text.takesNot(written(one))), detail.required === null ? "" : text.needed(detail.required)] : [];
      return text.changed(name, said.filter(Boolean).join(", "));
    }),
  ];
}

/** What a node has to do to become another version: what is only called otherwise is, and what is lost goes. */
function operationsOf(form: NodeForm, type: string, change: VersionChange): Operation[] {
  const { node } = form;
  const given = (name: string) => Object.hasOwn(form.values, name);
  const edges = typeof form.node_values.edges === "object" ? form.node_values.edges : null;
  return [
    { op: "change-type", node, type },
    ...change.inputs.renamed.filter(([from]) => given(from)).map(([from, to]): Operation => ({ op: "rename-key", node, path: ["inputs", from], to })),
    ...change.outcomes.renamed.filter(([from]) => edges !== null && Object.hasOwn(edges, from)).map(([from, to]): Operation => ({ op: "rename-key", node, path: ["edges", from], to })),
    ...change.lost.inputs.map((name): Operation => ({ op: "set", node, path: ["inputs", name], value: null, remove: true })),
    ...change.lost.outcomes.map((outcome): Operation => ({ op: "disconnect", node, outcome })),
  ];
}

function Changes({ change }: { change: VersionChange }): ReactNode {
  const parts = [
    [text.inputs, change.inputs],
    [text.outcomes, change.outcomes],
    [text.outputs, change.outputs],
  ] as const;
  const told = parts.map(([what, changed]) => [what, linesOf(changed)] as const).filter(([, lines]) => lines.length > 0);
  const lost = [...change.lost.inputs, ...change.lost.outcomes];
  return (
    <>
      {told.length === 0 && <p className="soft">{text.same}</p>}
      {told.map(([what, lines]) => (
        <div key={what}>
          <strong>{what}</strong>
          <ul>
            {lines.map((line) => (
              <li key={line}>{shown(line)}</li>
            ))}
          </ul>
        </div>
      ))}
      {lost.length > 0 && <p className="field-doubt">{text.lost(shown(lost.join(", ")))}</p>}
    </>
  );
}

/** The version of a node's type. Another one is taken when one has seen what it changes. */
export function VersionPart({ form }: { form: NodeForm }): ReactNode {
  const id = useId();
  const { apply } = useFilling();
  const [wanted, setWanted] = useState<string | null>(null);
  const [type = "", version = ""] = (form.type ?? "").split("@");
  const here = form.versions.find((one) => one.version === version);
  const best = form.versions.find((one) => one.recommended);
  const change = form.changes.find((one) => one.to === wanted);
  if (form.versions.length === 0) return null;
  const take = () => {
    if (change) apply(operationsOf(form, `${type}@${change.to}`, change), strings.done.version(`${type}@${change.to}`));
    setWanted(null);
  };
  return (
    <div className="field">
      <div className="field-head">
        <label className="field-label" htmlFor={id}>
          {text.title}
        </label>
        <a className="field-name mono" href={link(["integrations", "nodes", type])} title={text.more(shown(type))}>
          {shown(type)}
        </a>
      </div>
      <select id={id} value={wanted ?? version} onChange={(event) => setWanted(event.target.value === version ? null : event.target.value)}>
        {version === "" && <option value="">{text.notPinned}</option>}
        {form.versions.map((one) => (
          <option key={one.version} value={one.version}>
            {one.version}
            {one.recommended ? ` (${text.recommended})` : ""}
            {one.deprecated !== null ? ` (${text.deprecated})` : ""}
          </option>
        ))}
      </select>
      {here?.deprecated != null && <p className="field-bad">{shown(here.deprecated)}</p>}
      {best && !here?.recommended && wanted === null && (
        <Button look="quiet" icon="star" onClick={() => setWanted(best.version)}>
          {text.see(best.version)}
        </Button>
      )}
      {change && (
        <div className="changes" role="group" aria-label={text.changes(change.from, change.to)}>
          <strong>{text.changes(change.from, change.to)}</strong>
          <Changes change={change} />
          <div className="changes-actions">
            <Button look="primary" onClick={take}>
              {text.take(change.to)}
            </Button>
            <Button onClick={() => setWanted(null)}>{text.stay(change.from)}</Button>
          </div>
        </div>
      )}
    </div>
  );
}
