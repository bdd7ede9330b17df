import type { ReactNode } from "react";
import { Icon, type IconName } from "../parts/icons";
import { strings } from "../strings";

export type Pane = "add" | "canvas" | "yaml" | "form";

const PANES: { pane: Pane; icon: IconName }[] = [
  { pane: "canvas", icon: "flow" },
  { pane: "add", icon: "plus" },
  { pane: "form", icon: "update" },
  { pane: "yaml", icon: "yaml" },
];

interface Props {
  pane: Pane;
  onPane: (pane: Pane) => void;
  add: ReactNode;
  canvas: ReactNode;
  yaml: ReactNode;
  form: ReactNode;
}

/** Side by side where there is room; on a narrow page one at a time, chosen at the bottom. */
export function Panes({ pane, onPane, add, canvas, yaml, form }: Props): ReactNode {
  return (
    <>
      <div className={`panes shows-${pane}${yaml ? " has-yaml" : ""}`}>
        <aside className="pane pane-add" aria-label={strings.panes.add}>
          {add}
        </aside>
        <div className="pane pane-canvas">{canvas}</div>
        {yaml && <div className="pane pane-yaml">{yaml}</div>}
        <aside className="pane pane-form" aria-label={strings.panes.form}>
          {form}
        </aside>
      </div>
      <nav className="pane-switch" aria-label={strings.panes.label}>
        {PANES.filter((one) => one.pane !== "yaml" || yaml !== null).map((one) => (
          <button key={one.pane} type="button" aria-pressed={pane === one.pane} onClick={() => onPane(one.pane)}>
            <Icon name={one.icon} />
            {strings.panes[one.pane]}
          </button>
        ))}
      </nav>
    </>
  );
}
