import { memo, useId, useMemo, useRef, useState, type DragEvent, type KeyboardEvent, type ReactNode } from "react";
import type { After, NodeForm, NodeType } from "../api/types";
import { matching } from "../parts/Chooser";
import { Icon } from "../parts/icons";
import { Name } from "../parts/Name";
import { strings } from "../strings";
import { nextPlace, palette } from "./adding";

const text = strings.palette;

interface Props {
  /** Null as long as they are not known: then nothing is shown that would have to move. */
  types: readonly NodeType[] | null;
  /** The form of the selected node, behind which a new one is put. */
  form: NodeForm | null;
  onAdd: (choice: string, place: Required<After> | null) => void;
}

/** Say where a node will be put. */
function hintOf(form: NodeForm | null, place: Required<After> | null): string {
  if (place) return text.after(place.node, place.outcome);
  return form && form.outcomes.length > 0 ? text.noneOpen(form.node) : text.free;
}

/** The catalogue: search it, press Enter or a row to add a node, or drag a row onto the canvas. */
export const Palette = memo(function Palette({ types, form, onAdd }: Props): ReactNode {
  const [filter, setFilter] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const help = useId();
  const found = useMemo(() => (types ? matching(palette(types), filter) : []), [types, filter]);
  const place = nextPlace(form);
  const take = (choice: string) => {
    setFilter("");
    onAdd(choice, place);
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
          {hintOf(form, place)}
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
      {types !== null && found.length === 0 && <p className="empty">{strings.common.nothingFound}</p>}
    </div>
  );
});
