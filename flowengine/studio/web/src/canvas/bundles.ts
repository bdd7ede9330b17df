import type { ChangeState, EdgeKind, Graph, GraphEdge } from "../api/types";

/** Edges of one kind between the same two nodes: drawn as one line with a label for each. */
export interface Bundle {
  key: string;
  from: string;
  to: string;
  kind: EdgeKind;
  default: boolean;
  state: ChangeState | null;
  /** Whether it has labels; edges of `defaults` that are drawn for a selected node have none. */
  labelled: boolean;
  edges: GraphEdge[];
}

const key = (edge: GraphEdge) => JSON.stringify([edge.from, edge.to, edge.kind, edge.default, edge.state ?? null]);

export const edgeKey = (from: string, outcome: string) => JSON.stringify([from, outcome]);

export function bundled(edges: readonly GraphEdge[], labelled = (edge: GraphEdge) => !edge.default): Bundle[] {
  const found = new Map<string, Bundle>();
  for (const edge of edges) {
    const name = key(edge);
    const bundle = found.get(name);
    if (bundle) bundle.edges.push(edge);
    else {
      const { from, to, kind, state } = edge;
      found.set(name, { key: name, from, to, kind, default: edge.default, state: state ?? null, labelled: labelled(edge), edges: [edge] });
    }
  }
  return [...found.values()];
}

type Points = GraphEdge["points"];
const samePoints = (left: Points, right: Points) => left === right || (left?.length === right?.length && (left ?? []).every(([x, y], number) => x === right?.[number]?.[0] && y === right[number][1]));

/** Whether the layout leads two edges along the same way. */
export const sameWay = (left: GraphEdge, right: GraphEdge) => samePoints(left.points, right.points) && left.labelAt?.[0] === right.labelAt?.[0] && left.labelAt?.[1] === right.labelAt?.[1];

const sameEdge = (left: GraphEdge, right: GraphEdge | undefined) => left.outcome === right?.outcome && left.label === right.label && left.kind === right.kind && sameWay(left, right);

/** Return the bundles, those in which nothing has changed as the objects they were before: they are not drawn again. */
export function kept(before: ReadonlyMap<string, Bundle>, now: readonly Bundle[]): Bundle[] {
  return now.map((bundle) => {
    const known = before.get(bundle.key);
    const same = known?.labelled === bundle.labelled && known.edges.length === bundle.edges.length && bundle.edges.every((edge, number) => sameEdge(edge, known.edges[number]));
    return same ? known : bundle;
  });
}

/** An outcome of `defaults`, where it leads, and at how many nodes it holds. */
export interface DefaultEdge {
  outcome: string;
  label: string;
  to: string;
  kind: EdgeKind;
  nodes: number;
}

/** Return the edges of `defaults` once, by what they lead to. */
export function defaultEdges(graph: Graph): Map<string, DefaultEdge[]> {
  const found = new Map<string, DefaultEdge[]>();
  for (const { outcome, label, to, kind, default: byDefault } of graph.edges) {
    if (!byDefault) continue;
    const known = found.get(to) ?? [];
    const edge = known.find((one) => one.outcome === outcome);
    if (edge) edge.nodes++;
    else found.set(to, [...known, { outcome, label, to, kind, nodes: 1 }]);
  }
  return found;
}

/** Return the nodes that are come to without an error: what is left when error handling is put away. */
export function withoutErrorHandling(graph: Graph): Set<string> {
  const next = new Map<string, string[]>();
  for (const edge of graph.edges) {
    if (edge.default || edge.kind !== "success") continue;
    const targets = next.get(edge.from);
    if (targets) targets.push(edge.to);
    else next.set(edge.from, [edge.to]);
  }
  for (const { id, frame } of graph.nodes) if (frame?.start != null) next.set(id, [...(next.get(id) ?? []), frame.start]);
  const reached = new Set([graph.start]);
  const open = [graph.start];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const target of next.get(node) ?? []) {
      if (!reached.has(target)) {
        reached.add(target);
        open.push(target);
      }
    }
  }
  return reached;
}

/** Return the node ids in the order in which a walk comes to them: the order of the tab key and of screen readers. */
export function inFlowOrder(graph: Graph): string[] {
  const next = new Map<string, string[]>();
  // What only the defaults lead to comes after all that the nodes lead to themselves.
  for (const edge of graph.edges.filter((one) => !one.default)) {
    const targets = next.get(edge.from);
    if (targets) targets.push(edge.to);
    else next.set(edge.from, [edge.to]);
  }
  for (const { id, frame } of graph.nodes) if (frame?.start != null) next.set(id, [frame.start, ...(next.get(id) ?? [])]);
  const order = new Set<string>();
  const ids = new Set(graph.nodes.map((node) => node.id));
  for (const first of [graph.start, ...ids]) {
    const open = ids.has(first) && !order.has(first) ? [first] : [];
    for (let node = open.shift(); node !== undefined; node = open.shift()) {
      if (order.has(node)) continue;
      order.add(node);
      open.push(...(next.get(node) ?? []).filter((target) => ids.has(target) && !order.has(target)));
    }
  }
  return [...order];
}
