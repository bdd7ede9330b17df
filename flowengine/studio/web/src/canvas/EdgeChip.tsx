import type { KeyboardEvent, PointerEvent, ReactNode } from "react";
import type { GraphEdge } from "../api/types";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { lead } from "./leading";

/** What one does with edges. */
export interface EdgeEditing {
  onPick: (edge: GraphEdge) => void;
  /** Choose where it leads. */
  onOpen: (edge: GraphEdge) => void;
  onCut: (edge: GraphEdge) => void;
  onLead: (edges: readonly GraphEdge[], to: string) => void;
}

interface Props {
  edge: GraphEdge;
  className: string;
  editing: EdgeEditing;
  children: ReactNode;
}

/** The label of an edge that can be changed: a click picks it, Delete cuts it, Enter or another click opens it, dragging leads it elsewhere. */
export function EdgeChip({ edge, className, editing, children }: Props): ReactNode {
  const onPointerDown = (event: PointerEvent<HTMLButtonElement>) => {
    event.currentTarget.dataset.picked = String(document.activeElement === event.currentTarget);
    lead(event, edge.from, (to) => editing.onLead([edge], to));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") editing.onOpen(edge);
    else if (event.key === "Delete" || event.key === "Backspace") editing.onCut(edge);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`${className} nopan`}
      data-from={edge.from}
      data-outcome={edge.outcome}
      data-to={edge.to}
      data-kind={edge.kind}
      aria-label={strings.canvas.edge(shown(edge.label), shown(edge.from), shown(edge.to))}
      title={strings.canvas.edgeHelp}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        if (event.currentTarget.dataset.picked === "true") editing.onOpen(edge);
        else {
          event.currentTarget.focus();
          editing.onPick(edge);
        }
      }}
    >
      {children}
    </button>
  );
}

interface GripProps {
  edges: readonly GraphEdge[];
  at: { x: number; y: number };
  editing: EdgeEditing;
}

/** The tip of a line, to hold it by. */
export function EdgeGrip({ edges, at, editing }: GripProps): ReactNode {
  const [first] = edges;
  return first && <circle className="edge-grip nopan" cx={at.x} cy={at.y} r={11} onPointerDown={(event) => lead(event, first.from, (to) => editing.onLead(edges, to))} />;
}
