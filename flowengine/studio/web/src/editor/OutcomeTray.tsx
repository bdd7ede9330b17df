import { Handle, Position, useUpdateNodeInternals } from "@xyflow/react";
import { useEffect, useRef, type ReactNode } from "react";
import type { NodeOutcome } from "../api/types";
import { useBringIntoSight } from "../canvas/bringing";
import { shown } from "../parts/Name";
import { isOpen } from "./adding";

interface Props {
  node: string;
  outcomes: readonly NodeOutcome[];
  onConnect: (outcome: string) => void;
}

/** The outcomes of the selected node that lead nowhere yet, each to click, or to draw a line from. */
export function OutcomeTray({ node, outcomes, onConnect }: Props): ReactNode {
  const update = useUpdateNodeInternals();
  const open = outcomes.filter(isOpen);
  const names = open.map((outcome) => outcome.name).join("\n");
  const tray = useRef<HTMLDivElement>(null);
  const bring = useBringIntoSight();
  useEffect(() => update(node), [update, node, names]);
  const isThere = open.length > 0;
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      if (isThere) bring(node, tray.current);
    });
    return () => cancelAnimationFrame(frame);
  }, [bring, node, isThere]);
  if (!isThere) return null;
  return (
    // For the pointer; the form has the same outcomes for the keys.
    <div ref={tray} className="tray nodrag nopan" aria-hidden="true">
      {open.map((outcome) => (
        <Handle key={outcome.name} id={`outcome:${outcome.name}`} type="source" position={Position.Bottom} className={`tray-outcome ${outcome.kind}`} tabIndex={-1} title={outcome.description ?? undefined} onClick={() => onConnect(outcome.name)}>
          <span className="edge-sign">{outcome.kind === "error" ? "✕" : "●"}</span>
          <bdi>{shown(outcome.name)}</bdi>
          <span className="tray-plus">+</span>
        </Handle>
      ))}
    </div>
  );
}
