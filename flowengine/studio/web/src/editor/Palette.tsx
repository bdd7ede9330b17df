import { useId, useMemo, useRef, useState, type DragEvent, type KeyboardEvent, type ReactNode } from "react";
import type { NodeType } from "../api/types";
import { matching, type Choice } from "../parts/Chooser";
import { Icon, iconOf } from "../parts/icons";
import { Name } from "../parts/Name";
import { strings } from "../strings";

const text = strings.palette;

export const END_SUCCESS = "end:success";
export const END_ERROR = "end:error";

/** What can be put into a flow: the node types by integration, and the two kinds of ends. */
export function palette(types: readonly NodeType[]): Choice[] {
  const nodes = types.map(
    (type): Choice => ({ id: type.node, label: type.title, aside: type.recommended, icon: iconOf(type.node), group: type.integration ?? text.builtIn }),
  );
  nodes.sort((left, right) => Number(left.group !== text.builtIn) - Number(right.group !== text.builtIn));
  return [
    ...nodes,
    { id: END_SUCCESS, label: text.endSuccess, icon: "check", group: text.ends, tone: "success" },
    { id: END_ERROR, label: text.endError, icon: "cross", group: text.ends, tone: "error" },
  ];
}

interface Props {
  types: readonly NodeType[];
  /** Says where a node will be put. */
  hint: string;
  onAdd: (choice: string) => void;
}

/** The catalogue: search it, press Enter or a row to add a node, or drag a row onto the canvas. */
export function Palette({ types, hint, onAdd }: Props): ReactNode {
  const [filter, setFilter] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const help = useId();
  const found = useMemo(() => matching(palette(types), filter), [types, filter]);
  const take = (choice: string) => {
    setFilter("");
    onAdd(choice);
  };
  const rows = () => [...(list.current?.querySelectorAll<HTMLButtonElement>("button") ?? [])];
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = rows();
    const here = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const first = found[0];
    if (event.key === "ArrowDown") buttons[Math.min(here + 1, buttons.length - 1)]?.focus();
    else if (event.key === "ArrowUp" && here > 0) buttons[here - 1]?.focus();
    else if (event.key === "ArrowUp" && here === 0) document.getElementById("palette-filter")?.focus();
    else if (event.key === "Enter" && here < 0 && first) take(first.id);
    else return;
    event.preventDefault();
  };
  const onDragStart = (event: DragEvent, id: string) => {
    event.dataTransfer.setData("application/x-node-type", id);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    // The arrow keys lead from the field into the list and back.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="palette" onKeyDown={onKeyDown}>
      <div className="pane-head">
        <h2>{text.title}</h2>
      </div>
      <div className="palette-search">
        <input id="palette-filter" type="search" aria-label={text.search} aria-describedby={help} placeholder={text.search} value={filter} onChange={(event) => setFilter(event.target.value)} />
        <p id={help} className="soft small">
          {hint}
        </p>
      </div>
      <ul className="palette-list" aria-label={text.title} ref={list}>
        {found.map((choice, number) => (
          <li key={choice.id}>
            {choice.group !== found[number - 1]?.group && <h3 className="palette-group">{choice.group}</h3>}
            <button type="button" className={`palette-row ${choice.tone ?? ""}`} draggable onDragStart={(event) => onDragStart(event, choice.id)} onClick={() => take(choice.id)}>
              <span className="tile">{choice.icon && <Icon name={choice.icon} />}</span>
              <span className="palette-name">
                <Name text={choice.label} />
              </span>
              {choice.aside !== undefined && <span className="soft mono small">{choice.aside}</span>}
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="empty">{strings.common.nothingFound}</p>}
    </div>
  );
}
