import { useMemo, useState, type ReactNode } from "react";
import { listNodeTypes } from "../api/studio";
import type { NodeType } from "../api/types";
import { link } from "../app/routes";
import { useShortcuts } from "../app/shortcuts";
import { Icon, iconOf } from "../parts/icons";
import { Name } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.nodeTypes;

function grouped(types: readonly NodeType[], filter: string): [string, NodeType[]][] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, NodeType[]>();
  for (const one of types) {
    if (!words.every((word) => `${one.node} ${one.title} ${one.integration ?? ""}`.toLowerCase().includes(word))) continue;
    const group = one.integration ?? strings.palette.builtIn;
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups];
}

/** The node types that there are, with their versions. */
export function NodesPart(): ReactNode {
  const { value, error, again } = useAsked(listNodeTypes, "nodes");
  const [filter, setFilter] = useState("");
  const groups = useMemo(() => grouped(value ?? [], filter), [value, filter]);
  useShortcuts({ "/": () => document.getElementById("node-filter")?.focus() });
  return (
    <section aria-label={strings.integrations.tab.nodes}>
      <search className="filters" aria-label={strings.palette.search}>
        <input id="node-filter" className="filter" type="search" aria-label={strings.palette.search} placeholder={strings.palette.search} value={filter} onChange={(event) => setFilter(event.target.value)} />
      </search>
      {error && <Problem error={error} onAgain={again} />}
      {!value && !error && <p className="empty">{strings.common.loading}</p>}
      {groups.map(([group, types]) => (
        <section key={group} className="node-group">
          <h2>
            <Name text={group} />
          </h2>
          <ul className="node-grid">
            {types.map((one) => (
              <li key={one.node}>
                <a className="node-tile" href={link(["integrations", "nodes", one.node])}>
                  <span className="tile">
                    <Icon name={iconOf(one.node)} />
                  </span>
                  <span className="node-tile-text">
                    <strong>
                      <Name text={one.title} />
                    </strong>
                    <span className="mono small soft">
                      <Name text={one.node} />
                    </span>
                  </span>
                  <span className="soft small">{text.versions(one.versions.length)}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {value && groups.length === 0 && <p className="empty">{strings.common.nothingFound}</p>}
    </section>
  );
}
