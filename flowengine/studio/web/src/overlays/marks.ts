import { own } from "../api/json";
import type { Coverage, Heat } from "../api/runs";
import type { Graph, GraphEdge } from "../api/types";
import { edgeKey } from "../canvas/bundles";
import type { EdgeMark, NodeMark, Overlay } from "../canvas/overlay";
import { strings } from "../strings";

export type Measure = "time" | "visits" | "waiting";

type NodeHeat = Heat["nodes"][string];

const spent = strings.run.took;

export const amount = (one: NodeHeat | undefined, measure: Measure): number => (one === undefined ? 0 : measure === "time" ? one.totalMs : measure === "visits" ? one.visits : one.waiting);

function badge(one: NodeHeat, measure: Measure): string {
  if (measure === "waiting") return strings.heat.waits(one.waiting);
  return measure === "visits" ? `×${one.visits}` : spent(one.medianMs ?? 0);
}

interface Taken {
  from: string;
  to: string;
  times: number;
}

/** Add up what was counted onto the edges that the picture has: by outcome, and for a fall-through by its label. */
export function counted<T extends Taken>(graph: Graph, taken: readonly T[], outcomesOf: (one: T) => readonly string[], labelOf: (one: T) => string): Map<string, number> {
  const found = new Map<string, number>();
  for (const one of taken) {
    const between = graph.edges.filter((edge) => edge.from === one.from && edge.to === one.to);
    const names = outcomesOf(one);
    const edge: GraphEdge | undefined = between.find((each) => names.includes(each.outcome)) ?? between.find((each) => each.label === labelOf(one) || each.outcome === labelOf(one));
    if (!edge) continue;
    const key = edgeKey(edge.from, edge.outcome);
    found.set(key, (found.get(key) ?? 0) + one.times);
  }
  return found;
}

/** Where runs were for how long, how often they took each edge, and where they wait now. */
export function heatOverlay(graph: Graph, heat: Heat, measure: Measure): Overlay {
  const most = Math.max(1e-9, ...graph.nodes.map((node) => amount(own(heat.nodes, node.id), measure)));
  const nodes = new Map<string, NodeMark>();
  for (const node of graph.nodes) {
    const one = own(heat.nodes, node.id);
    const much = amount(one, measure);
    if (!one || (much === 0 && one.waiting === 0)) continue;
    const parts = [...(one.visits > 0 || measure === "waiting" ? [badge(one, measure)] : []), ...(one.waiting > 0 && measure !== "waiting" ? [strings.heat.waits(one.waiting)] : [])];
    const said = parts.join(" · ");
    nodes.set(node.id, { heat: much / most, badge: said, spoken: said, ...(one.waiting > 0 ? { tone: "waiting" } : {}) });
  }
  const edges = new Map<string, EdgeMark>();
  const times = counted(graph, heat.edges, (one) => [one.outcome], (one) => one.label);
  for (const [key, count] of times) edges.set(key, { tone: "visited", badge: `×${count}` });
  for (const { to } of graph.edges) {
    const end = graph.nodes.find((node) => node.id === to && node.kind === "end");
    const came = heat.edges.reduce((sum, one) => sum + (one.to === to ? one.times : 0), 0);
    if (end && came > 0) nodes.set(to, { tone: "visited", badge: `×${came}`, spoken: `×${came}` });
  }
  return { nodes, edges, dims: heat.runs > 0 };
}

/** What the recordings exercise: what they do not is told apart by sign, line and word. */
export function coverageOverlay(graph: Graph, coverage: Coverage): Overlay {
  const nodes = new Map<string, NodeMark>();
  for (const node of graph.nodes) {
    const visits = own(coverage.nodes, node.id) ?? 0;
    nodes.set(node.id, visits > 0 ? { tone: "covered", badge: `✓ ${visits}`, spoken: strings.coverage.visited(visits) } : { tone: "uncovered", badge: "✕", spoken: strings.coverage.notVisited });
  }
  const times = counted(graph, coverage.edges, (one) => one.outcomes, (one) => one.label);
  const edges = new Map<string, EdgeMark>();
  for (const edge of graph.edges) {
    const count = times.get(edgeKey(edge.from, edge.outcome)) ?? 0;
    edges.set(edgeKey(edge.from, edge.outcome), count > 0 ? { tone: "covered", badge: `✓ ${count}` } : { tone: "uncovered", badge: "✕" });
  }
  return { nodes, edges, dims: false };
}
