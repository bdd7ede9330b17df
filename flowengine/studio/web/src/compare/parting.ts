import type { Graph } from "../api/types";
import type { EdgeMark, NodeMark, Overlay } from "../canvas/overlay";
import { equal } from "../api/json";
import { overlayAt, type Run, type Step } from "../runs/run";
import { strings } from "../strings";

/** Two steps at the same place of two runs; null where one of them has ended before. */
export interface Pair {
  left: Step | null;
  right: Step | null;
  /** The same node and outcome; `values` where what went in or came out was another. */
  state: "same" | "values" | "outcome" | "node";
}

function stateOf(left: Step | null, right: Step | null): Pair["state"] {
  if (!left || left.node !== right?.node) return "node";
  if (left.outcome !== right.outcome || left.edge?.to !== right.edge?.to) return "outcome";
  return equal(left.inputs ?? {}, right.inputs ?? {}) && equal(left.outputs, right.outputs) && equal(left.set, right.set) ? "same" : "values";
}

/** Put the steps of two runs side by side. */
export function paired(left: Run, right: Run): Pair[] {
  const most = Math.max(left.steps.length, right.steps.length);
  return Array.from({ length: most }, (_, at) => {
    const [one, other] = [left.steps[at] ?? null, right.steps[at] ?? null];
    return { left: one, right: other, state: stateOf(one, other) };
  });
}

/** Return the step at which two runs part: where they leave by other edges; null where they never do. */
export function partsAt(pairs: readonly Pair[]): number | null {
  const found = pairs.findIndex((one) => one.state === "outcome" || one.state === "node");
  return found < 0 ? null : found;
}

const LETTERS = { left: "A", right: "B", both: "A B" } as const;

/** Which of two runs came where: by letters, and by colour. */
export function bothOverlay(left: Run, right: Run, graph: Graph, parting: string | null): Overlay {
  const [one, other] = [overlayAt(left, left.steps.length, graph), overlayAt(right, right.steps.length, graph)];
  const nodes = new Map<string, NodeMark>();
  for (const id of new Set([...one.nodes.keys(), ...other.nodes.keys()])) {
    const who = one.nodes.has(id) ? (other.nodes.has(id) ? "both" : "left") : "right";
    const tone = id === parting ? "current" : who === "both" ? "visited" : who === "left" ? "removed" : "added";
    nodes.set(id, { tone, badge: LETTERS[who], spoken: strings.compareRuns.came[who] });
  }
  const edges = new Map<string, EdgeMark>();
  for (const key of new Set([...one.edges.keys(), ...other.edges.keys()])) {
    const who = one.edges.has(key) ? (other.edges.has(key) ? "both" : "left") : "right";
    edges.set(key, { tone: who === "both" ? "visited" : who === "left" ? "removed" : "added", badge: LETTERS[who] });
  }
  return { nodes, edges, dims: true };
}
