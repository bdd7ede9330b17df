import type { Doc, Graph, Point, Positions } from "../api/types";

/** A text as it was, and which node was looked at. */
export interface Snapshot {
  doc: Doc;
  selected: string | null;
}

export interface History {
  past: Snapshot[];
  now: Snapshot;
  future: Snapshot[];
}

const MOST = 200;

export const begun = (doc: Doc): History => ({ past: [], now: { doc, selected: null }, future: [] });

/** Take a new text. With `joined` it takes the place of the last one: letters typed one after the other are one step. */
export function grown(history: History, next: Snapshot, joined = false): History {
  if (next.doc.text === history.now.doc.text) return { ...history, now: next };
  return { past: joined ? history.past : [...history.past, history.now].slice(-MOST), now: next, future: [] };
}

export function undone({ past, now, future }: History): History {
  const before = past.at(-1);
  return before ? { past: past.slice(0, -1), now: before, future: [now, ...future] } : { past, now, future };
}

export function redone({ past, now, future }: History): History {
  const [after, ...rest] = future;
  return after ? { past: [...past, now], now: after, future: rest } : { past, now, future };
}

/** Put nodes where they have been moved by hand: positions are no part of the text, nor of its history. */
export function placed(doc: Doc, moved: ReadonlyMap<string, Point>): Doc {
  if (!doc.graph || moved.size === 0) return doc;
  const gone = new Set<string>();
  const nodes = doc.graph.nodes.map((node) => {
    const at = moved.get(node.id);
    if (!at || (at.x === node.x && at.y === node.y)) return node;
    gone.add(node.id);
    return { ...node, ...at, moved: true };
  });
  if (gone.size === 0) return doc;
  // The layout's routes lead to where the nodes were.
  const edges = doc.graph.edges.map((edge) => (gone.has(edge.from) || gone.has(edge.to) ? { ...edge, points: null } : edge));
  return { ...doc, graph: { ...doc.graph, nodes, edges } };
}

export const positionsOf = (graph: Graph | null): Positions => {
  const cards = [graph?.trigger, graph?.defaults].flatMap((card) => (card?.id === undefined ? [] : [{ ...card, id: card.id }]));
  return Object.fromEntries([...(graph?.nodes ?? []), ...cards].map(({ id, x, y }) => [id, { x, y }]));
};
