import type { After, Graph, GraphEdge, GraphNode, NodeForm, NodeOutcome, Operation, OutcomeKind } from "../api/types";

const GAP = 64;
/** About how wide a card is. */
const WIDTH = 190;

/**
 * Return the picture as it will be once operations are done, as far as one can tell before the server has answered: so
 * that a change shows at once. What the server says then takes its place.
 */
export function foreseen(graph: Graph, operations: readonly Operation[]): Graph {
  return operations.reduce(after, graph);
}

/** Return the form of a node with its outcomes leading where the picture shows them, which may be ahead of the server. */
export function foreseenForm(form: NodeForm, graph: Graph): NodeForm {
  const own = new Map(graph.edges.filter((edge) => edge.from === form.node && !edge.default).map((edge) => [edge.outcome, edge.to]));
  const outcomes = form.outcomes.map((outcome): NodeOutcome => {
    const to = own.get(outcome.name);
    const isOwn = outcome.to !== null && !outcome.default && !outcome.fallThrough;
    if (to === undefined) return isOwn ? { ...outcome, to: null } : outcome;
    return isOwn && outcome.to === to ? outcome : { ...outcome, to, default: false, fallThrough: false };
  });
  return outcomes.every((outcome, at) => outcome === form.outcomes[at]) ? form : { ...form, outcomes };
}

function after(graph: Graph, operation: Operation): Graph {
  switch (operation.op) {
    case "add-node": {
      const [type = "", version = null] = operation.type.split("@");
      return added(graph, operation, { kind: type === "branch" ? "branch" : "work", type, version });
    }
    case "add-end":
      return added(graph, operation, { kind: "end", end: operation.end });
    case "remove":
      return { ...graph, nodes: graph.nodes.filter((node) => node.id !== operation.node), edges: graph.edges.filter((edge) => edge.from !== operation.node && edge.to !== operation.node) };
    case "rename":
      return renamed(graph, operation.node, operation.to);
    case "connect":
      return operation.node === null ? graph : connected(graph, operation.node, operation.outcome, operation.to);
    case "disconnect":
      return { ...graph, edges: graph.edges.filter((edge) => edge.default || edge.from !== operation.node || edge.outcome !== operation.outcome) };
    case "set":
      return titled(graph, operation);
    case "set-start":
      return { ...graph, start: operation.node };
    case "new":
    case "duplicate":
    case "paste":
    case "rename-key":
    case "rename-variable":
    case "change-type":
    case "apply":
      return graph;
  }
}

function titled(graph: Graph, { node, path, value = null }: Operation & { op: "set" }): Graph {
  const [name] = path;
  if (node === null || path.length !== 1 || name !== "title" || (typeof value !== "string" && value !== null)) return graph;
  return { ...graph, nodes: graph.nodes.map((one) => (one.id === node ? { ...one, title: value } : one)) };
}

function renamed(graph: Graph, from: string, to: string): Graph {
  if (graph.nodes.some((node) => node.id === to)) return graph;
  const now = (id: string) => (id === from ? to : id);
  const touched = (edge: GraphEdge) => edge.from === from || edge.to === from;
  return {
    ...graph,
    start: now(graph.start),
    nodes: graph.nodes.map((node) => (node.id === from ? { ...node, id: to } : node)),
    edges: graph.edges.map((edge) => (touched(edge) ? { ...edge, from: now(edge.from), to: now(edge.to) } : edge)),
  };
}

/** What kind an outcome is: as other edges say, else an error if it is called one. */
function kindOf(graph: Graph, outcome: string): OutcomeKind {
  const known = graph.edges.find((edge) => edge.outcome === outcome)?.kind;
  if (known !== undefined) return known === "success" ? "success" : "error";
  return /^on(error|timeout|invalid|authorization)|fail/i.test(outcome) ? "error" : "success";
}

function connected(graph: Graph, from: string, outcome: string, to: string): Graph {
  const ids = new Set(graph.nodes.map((node) => node.id));
  if (!ids.has(from) || !ids.has(to)) return graph;
  const edge: GraphEdge = { from, outcome, label: outcome, to, kind: kindOf(graph, outcome), default: false, line: 0, points: null };
  return { ...graph, edges: [...graph.edges.filter((one) => one.from !== from || one.outcome !== outcome), edge] };
}

/** A node is put below the one that it comes after, else below all. The server looks for room, and gives it its size. */
function added(graph: Graph, { id, title, after: place }: { id?: string; title?: string; after?: After }, facts: Pick<GraphNode, "kind"> & Partial<GraphNode>): Graph {
  const before = graph.nodes.find((node) => node.id === place?.node);
  if (id === undefined || graph.nodes.some((node) => node.id === id)) return graph;
  const cards = [...graph.nodes, ...(graph.trigger ? [graph.trigger] : [])];
  const lowest = before ? [before] : cards;
  const x = before ? before.x + (before.width - WIDTH) / 2 : Math.min(...cards.map((card) => card.x));
  const area = { x, y: Math.max(...lowest.map((card) => card.y + card.height)) + GAP, width: WIDTH, height: facts.kind === "end" ? 46 : 64 };
  const node: GraphNode = { id, type: null, version: null, title: title ?? null, authorization: null, line: 0, moved: false, ...area, ...facts };
  const grown = { ...graph, nodes: [...graph.nodes, node] };
  return !before || place?.outcome === undefined ? grown : connected(grown, place.node, place.outcome, id);
}
