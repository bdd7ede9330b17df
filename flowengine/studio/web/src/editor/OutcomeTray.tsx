import { Handle, Position, useUpdateNodeInternals } from "@xyflow/react";
import { useEffect, type ReactNode } from "react";
import type { NodeOutcome } from "../api/types";
import { shown } from "../parts/Name";

interface Props {
  node: string;
  outcomes: readonly NodeOutcome[];
  onConnect: (outcome: string) => void;
}

/** The outcomes of the selected node that lead nowhere yet, each with a handle to draw a line from. */
export function OutcomeTray({ node, outcomes, onConnect }: Props): ReactNode {
  const update = useUpdateNodeInternals();
  const open = outcomes.filter((outcome) => outcome.to === null);
  const names = open.map((outcome) => outcome.name).join("\n");
  useEffect(() => update(node), [update, node, names]);
  if (open.length === 0) return null;
  return (
    // For the pointer; the form has the same outcomes for the keys.
    <div className="tray nodrag nopan" aria-hidden="true">
      {open.map((outcome) => (
        <span key={outcome.name} className={`tray-outcome ${outcome.kind}`}>
          <button type="button" tabIndex={-1} onClick={() => onConnect(outcome.name)} title={outcome.description ?? undefined}>
            <span aria-hidden="true" className="edge-sign">{outcome.kind === "error" ? "✕" : "●"}</span>
            <bdi>{shown(outcome.name)}</bdi>
            <span aria-hidden="true" className="tray-plus">+</span>
          </button>
          <Handle id={`outcome:${outcome.name}`} type="source" position={Position.Bottom} className="port port-outcome" tabIndex={-1} />
        </span>
      ))}
    </div>
  );
}
