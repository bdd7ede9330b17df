import type { Graph, GraphEdge } from "./types";

/** A picture as it is sent: the edges of `defaults` once, each with the nodes that it holds for. */
export interface SentGraph extends Graph {
  defaultEdges: (Omit<GraphEdge, "from"> & { from: string[] })[];
}

/** Put the edges of `defaults` at each node that they hold for. */
export function unfolded({ defaultEdges, ...graph }: SentGraph): Graph {
  const shared = defaultEdges.flatMap(({ from, ...edge }) => from.map((node): GraphEdge => ({ ...edge, from: node })));
  return { ...graph, edges: [...graph.edges, ...shared] };
}
