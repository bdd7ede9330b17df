import type { Graph, GraphNode } from "../api/types";

/** Return where an arrow key leads from a node: along the flow up and down, to what stands beside it left and right. */
export function neighbour(graph: Graph, visible: ReadonlySet<string>, from: string, key: string): string | null {
  const nodes = new Map(graph.nodes.filter((node) => visible.has(node.id)).map((node) => [node.id, node]));
  const node = nodes.get(from);
  if (!node) return null;
  switch (key) {
    case "ArrowDown":
      return firstOf(graph.edges.filter((edge) => edge.from === from && edge.to !== from && !edge.default).map((edge) => edge.to), nodes);
    case "ArrowUp":
      return firstOf(graph.edges.filter((edge) => edge.to === from && edge.from !== from && !edge.default).map((edge) => edge.from), nodes);
    case "ArrowLeft":
      return beside(node, nodes, -1);
    case "ArrowRight":
      return beside(node, nodes, 1);
    case "Home":
      return nodes.has(graph.start) ? graph.start : null;
    default:
      return null;
  }
}

function firstOf(ids: string[], nodes: ReadonlyMap<string, GraphNode>): string | null {
  return ids.find((id) => nodes.has(id)) ?? null;
}

function beside(node: GraphNode, nodes: ReadonlyMap<string, GraphNode>, direction: 1 | -1): string | null {
  const middle = (one: GraphNode) => ({ x: one.x + one.width / 2, y: one.y + one.height / 2 });
  const here = middle(node);
  let best: string | null = null;
  let least = Infinity;
  for (const other of nodes.values()) {
    const there = middle(other);
    const along = (there.x - here.x) * direction;
    const distance = along + 3 * Math.abs(there.y - here.y);
    if (along > 1 && distance < least) {
      best = other.id;
      least = distance;
    }
  }
  return best;
}
