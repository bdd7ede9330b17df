import { useId, type ReactNode } from "react";
import type { NodeForm, VersionChange } from "../api/types";
import { shown } from "../parts/Name";
import { strings } from "../strings";

const text = strings.versions;

function changeLines(change: VersionChange): string[] {
  const parts = [
    [text.inputs, change.inputs],
    [text.outcomes, change.outcomes],
    [text.outputs, change.outputs],
  ] as const;
  return parts.flatMap(([what, { added, removed, changed }]) => [
    ...(added.length ? [`${what}: + ${added.join(", ")}`] : []),
    ...(removed.length ? [`${what}: − ${removed.join(", ")}`] : []),
    ...(changed.length ? [`${what}: ~ ${changed.join(", ")}`] : []),
  ]);
}

/** The version of a node's type, and what another one would change. */
export function VersionPart({ form, onChange }: { form: NodeForm; onChange: (type: string) => void }): ReactNode {
  const id = useId();
  const [type = "", version = ""] = (form.type ?? "").split("@");
  const here = form.versions.find((one) => one.version === version);
  if (form.versions.length === 0) return null;
  return (
    <div className="field">
      <div className="field-head">
        <label className="field-label" htmlFor={id}>
          {text.title}
        </label>
        <span className="field-name mono">{shown(type)}</span>
      </div>
      <select id={id} value={version} onChange={(event) => onChange(`${type}@${event.target.value}`)}>
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
      {form.changes.length > 0 && (
        <details className="changes">
          <summary>{text.changes}</summary>
          {form.changes.map((change) => (
            <div key={change.to}>
              <strong>
                {change.from} → {change.to}
              </strong>
              <ul>
                {changeLines(change).map((line) => (
                  <li key={line}>{shown(line)}</li>
                ))}
                {changeLines(change).length === 0 && <li className="soft">{text.same}</li>}
              </ul>
            </div>
          ))}
        </details>
      )}
    </div>
  );
}
