import { useMemo, useState, type ReactNode } from "react";
import { listNodes, type ListedNodeType } from "../api/integrations";
import { link } from "../app/routes";
import { useShortcuts } from "../app/shortcuts";
import { Icon, iconOf } from "../parts/icons";
import { Name } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.nodeTypes;

function grouped(types: readonly ListedNodeType[], filter: string): [string, ListedNodeType[]][] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, ListedNodeType[]>();
  for (const one of types) {
    const said = [one.node, one.title, one.integration ?? "", one.description, ...one.aliases].join(" ").toLowerCase();
    if (!words.every((word) => said.includes(word))) continue;
    const group = one.integration ?? strings.palette.builtIn;
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups];
}

function Tile({ one }: { one: ListedNodeType }): ReactNode {
  const deprecated = one.versions.filter((each) => each.deprecated !== null);
  return (
    <a className="node-tile" href={link(["integrations", "nodes", one.node])}>
      <span className="tile">
        <Icon name={iconOf(one.node)} />
      </span>
      <span className="node-tile-text">
        <strong>
          <Name text={one.title} />
        </strong>
        <span className="mono small soft">
          <Name text={`${one.node}@${one.recommended}`} />
        </span>
        <span className="small node-tile-said">
          <Name text={one.description} />
        </span>
        <span className="soft small">
          {text.versions(one.versions.length)}
          {deprecated.length > 0 && <> ({text.deprecated(deprecated.length)})</>}, {text.usedBy(one.flows)}
        </span>
      </span>
    </a>
  );
}

/** The node types that there are, with their versions. */
export function NodesPart(): ReactNode {
  const { value, error, again } = useAsked(listNodes, "nodes");
  const [filter, setFilter] = useState("");
  const groups = useMemo(() => grouped(value ?? [], filter), [value, filter]);
  useShortcuts({ "/": () => document.getElementById("node-filter")?.focus() });
  return (
    <section aria-label={strings.integrations.tab.nodes}>
      <search className="filters" aria-label={strings.palette.search}>
        <input id="node-filter" className="filter" type="search" aria-label={strings.palette.search} placeholder={strings.palette.search} maxLength={200} value={filter} onChange={(event) => setFilter(event.target.value)} />
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
                <Tile one={one} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {value && groups.length === 0 && <p className="empty">{strings.common.nothingFound}</p>}
    </section>
  );
}
