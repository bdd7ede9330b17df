import { useState, type ReactNode } from "react";
import type { ApiError } from "../api/client";
import type { Graph } from "../api/types";
import { Canvas } from "../canvas/Canvas";
import { CanvasTools } from "../canvas/CanvasTools";
import type { Overlay } from "../canvas/overlay";
import { NodeSearch } from "../editor/NodeSearch";
import { strings } from "../strings";

interface Props {
  graph: Graph;
  label: string;
  overlay: Overlay;
  selected: string | null;
  onSelect: (node: string | null) => void;
  /** The node that a list has led to. */
  jump?: Jump | null;
  onChooseEdge?: (from: string, outcome: string) => void;
}

/** A node to be brought into sight, each time that it is asked for. */
export interface Jump {
  node: string;
  count: number;
}

let jumps = 0;

export const jumpTo = (node: string): Jump => ({ node, count: ++jumps });

/** A flow to look at, with something on top of it. */
export function ShownGraph({ graph, label, overlay, selected, onSelect, onChooseEdge, jump = null }: Props): ReactNode {
  const [searching, setSearching] = useState(false);
  const [defaults, setDefaults] = useState(false);
  const [sought, setSought] = useState<Jump | null>(null);
  return (
    <>
      <Canvas graph={graph} label={label} selected={selected} onSelect={onSelect} overlay={overlay} onChooseEdge={onChooseEdge} defaults={defaults}>
        <CanvasTools onSearch={() => setSearching(true)} selected={selected} sought={(jump?.count ?? 0) > (sought?.count ?? 0) ? jump : sought} defaults={{ on: defaults, toggle: () => setDefaults(!defaults) }} />
      </Canvas>
      {searching && (
        <NodeSearch
          graph={graph}
          onFound={(node) => {
            setSearching(false);
            onSelect(node);
            setSought(jumpTo(node));
          }}
          onClose={() => setSearching(false)}
        />
      )}
    </>
  );
}

/** What stands where a picture is not there yet. */
export function Missing({ of }: { of: ApiError | null }): ReactNode {
  return of ? null : <p className="empty">{strings.common.loading}</p>;
}
