import type { ReactNode } from "react";
import type { SettingUse, Use } from "../api/integrations";
import { link } from "../app/routes";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";

const text = strings.authorizations;

function byFlow(uses: readonly Use[]): [string, Use[]][] {
  const flows = new Map<string, Use[]>();
  for (const use of uses) flows.set(use.path, [...(flows.get(use.path) ?? []), use]);
  return [...flows];
}

function NodeLink({ use }: { use: Use }): ReactNode {
  return (
    <a className="mono small" href={link(["flows", use.flow], { node: use.node })}>
      <Name text={use.node} />
    </a>
  );
}

/** Which flows use something, each with a link to every node that does. */
export function Users({ uses, settings = [] }: { uses: readonly Use[]; settings?: readonly SettingUse[] }): ReactNode {
  const flows = byFlow(uses);
  if (flows.length + settings.length === 0) return <span className="soft">{text.noFlow}</span>;
  return (
    <ul className="users">
      {settings.map((one) => (
        <li key={`${one.what} ${one.of} ${one.environment}`}>{one.what === "stream" ? <a href={link(["integrations", "streams"])}>{text.setting.stream(shown(one.of), shown(one.environment))}</a> : text.setting[one.what](shown(one.of), shown(one.environment))}</li>
      ))}
      {flows.map(([path, list]) => (
        <li key={path}>
          <a href={link(["flows", list[0]?.flow ?? ""])}>
            <Name text={list[0]?.flow ?? ""} />
          </a>
          <span className="users-nodes">
            {list.map((use) => (
              <NodeLink key={use.node} use={use} />
            ))}
          </span>
          {list[0] && list[0].environments.length > 0 && (
            <span className="soft small">
              <Name text={list[0].environments.join(", ")} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The same in one line that opens, for those whom many use. */
export function FoldedUsers({ uses, settings = [] }: { uses: readonly Use[]; settings?: readonly SettingUse[] }): ReactNode {
  if (uses.length + settings.length === 0) return <span className="soft">{text.noFlow}</span>;
  return (
    <details className="folded-users">
      <summary>{text.usedIn(byFlow(uses).length, uses.length, settings.length)}</summary>
      <Users uses={uses} settings={settings} />
    </details>
  );
}
