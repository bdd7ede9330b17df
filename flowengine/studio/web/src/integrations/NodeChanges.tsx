import type { ReactNode } from "react";
import type { NodePage } from "../api/integrations";
import { own } from "../api/json";
import type { ChangeDetail } from "../api/types";
import { written } from "../forms/values";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";

const text = strings.nodeTypes;

function Detail({ change }: { change: ChangeDetail }): ReactNode {
  const lines = [
    ...(change.added.length > 0 ? [text.takesNow(change.added.map(written).join(", "))] : []),
    ...(change.removed.length > 0 ? [text.takesNoMore(change.removed.map(written).join(", "))] : []),
    ...change.now.map((one) => text.now(one)),
    ...change.was.map((one) => text.before(one)),
  ];
  return lines.map((line) => (
    <p key={line} className="soft small">
      {shown(line)}
    </p>
  ));
}

/** What a version changes of the one before. */
export function NodeChanges({ page }: { page: NodePage }): ReactNode {
  const { changes } = page;
  if (changes === null) return null;
  const parts = ([[strings.versions.inputs, changes.inputs], [strings.versions.outcomes, changes.outcomes], [strings.versions.outputs, changes.outputs]] as const).flatMap(([what, { added, removed, changed, renamed }]) => [
    ...added.map((name) => ({ what, name, sign: "+", state: "added" as const })),
    ...removed.map((name) => ({ what, name, sign: "−", state: "removed" as const })),
    ...renamed.map(([from, to]) => ({ what, name: `${from} → ${to}`, sign: "~", state: "changed" as const })),
    ...changed.map((name) => ({ what, name, sign: "~", state: "changed" as const })),
  ]);
  return (
    <section className="doc-part">
      <h3>{text.changesOf(page.version, changes.from)}</h3>
      {parts.length === 0 && <p className="soft">{strings.versions.same}</p>}
      <ul className="doc-changes">
        {parts.map(({ what, name, sign, state }) => {
          const detail = what === strings.versions.inputs ? own(changes.inputs.details, name) : undefined;
          return (
            <li key={`${what} ${name}`}>
              <span className={`change-head ${state}`}>
                <span aria-hidden="true">{sign}</span> {strings.compare.state[state]}
              </span>
              <span className="soft">{what}</span>
              <Name text={name} mono />
              {detail && <Detail change={detail} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
