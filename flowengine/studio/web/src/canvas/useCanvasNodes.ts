import { useMemo, useState } from "react";
import type { Graph, GraphNode, Point, Severity } from "../api/types";
import { defaultEdges, inFlowOrder } from "./bundles";
import type { Editing } from "./Canvas";
import type { DefaultsNodeType } from "./DefaultsNode";
import type { FrameNodeType } from "./FrameNode";
import type { FlowNodeType, TriggerNodeType } from "./FlowNode";
import type { Overlay } from "./overlay";
import { depthOf } from "./subflows";

export const TRIGGER = "#start";

export const DEFAULTS = "#every";

export type CanvasNode = FlowNodeType | FrameNodeType | TriggerNodeType | DefaultsNodeType;

export interface NodesOf {
  graph: Graph;
  visible: ReadonlySet<string>;
  selected: string | null;
  problems: ReadonlyMap<string, { severity: Severity; count: number }> | undefined;
  overlay: Overlay | undefined;
  editing: Editing | undefined;
  errorsPutAway: boolean;
  /** Whether the edges of `defaults` are shown. */
  defaults: boolean;
  /** Where nodes are while they are dragged. */
  dragged: ReadonlyMap<string, Point>;
  /** Opens and closes what a node calls. */
  toggle: (node: string) => void;
}

function handle(id: string, type: "source" | "target", x: number, y: number) {
  return { id, type, x, y, width: 1, height: 1, position: (type === "source" ? "bottom" : "top") as never };
}

function triggerNode(graph: Graph): CanvasNode[] {
  if (!graph.trigger) return [];
  const { x, y, width, height, lines } = graph.trigger;
  return [{ id: TRIGGER, type: "trigger", position: { x, y }, width, height, measured: { width, height }, data: { lines }, draggable: false, selectable: false, focusable: false, connectable: false }];
}

function defaultsNode(graph: Graph): CanvasNode[] {
  const targets = [...defaultEdges(graph)];
  if (targets.length === 0) return [];
  const { x, y, width, height } = graph.defaults ?? { x: graph.width + 24, y: 24, width: 220, height: 150 };
  return [{ id: DEFAULTS, type: "defaults", position: { x, y }, width, height, measured: { width, height }, data: { targets }, draggable: false, selectable: false, focusable: false, connectable: false }];
}

/** How many outcomes of each node lead to error handling. */
function errorsLeaving(graph: Graph): Map<string, number> {
  const found = new Map<string, number>();
  for (const edge of graph.edges) if (!edge.default && edge.kind !== "success") found.set(edge.from, (found.get(edge.from) ?? 0) + 1);
  return found;
}

function nodesOf({ graph, visible, selected, problems, overlay, editing, errorsPutAway, defaults, dragged, toggle }: NodesOf): CanvasNode[] {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const errors = errorsPutAway ? errorsLeaving(graph) : null;
  const shown = inFlowOrder(graph).flatMap((id) => (visible.has(id) ? (byId.get(id) ?? []) : []));
  const trayOf = ({ id, frame }: GraphNode) => (selected === id && editing && !frame ? editing.tray(id) : null);
  const nodes = shown.map((node): CanvasNode => {
    const { id, width, height } = node;
    const isSelected = selected === id;
    const mark = overlay?.nodes.get(id);
    const problem = problems?.get(id);
    const card = { node, selected: isSelected, problem: problem?.severity, problems: problem?.count ?? 0, mark, dimmed: overlay?.dims === true && !mark, putAway: errors?.get(id) ?? 0 };
    const depth = depthOf(id);
    const tray = trayOf(node);
    const shared = {
      id,
      position: dragged.get(id) ?? { x: node.x, y: node.y },
      width,
      height,
      // Also those that are out of sight, and so never drawn.
      measured: { width, height },
      // A node with a tray has more handles than these: there they are measured.
      ...(tray === null ? { handles: [handle("in", "target", width / 2, 0), handle("out", "source", width / 2, height)] } : {}),
      selected: isSelected,
      ariaRole: "button",
      domAttributes: { "aria-pressed": isSelected, "data-node": id } as never,
      ...(node.frame || depth > 0 ? { draggable: false, connectable: depth === 0 && Boolean(editing) } : {}),
    };
    if (node.frame) return { ...shared, selected: false, type: "frame", zIndex: depth, data: { ...card, toggle } };
    const data = { ...card, tray, toggle: node.flow == null ? null : toggle };
    return { ...shared, type: "flow", zIndex: isSelected ? 10 : depth, data };
  });
  return [...triggerNode(graph), ...nodes, ...(defaults ? defaultsNode(graph) : [])];
}

/** Whether two things have the same values. Lines of the file are left out: nothing that is drawn shows them. */
function alike(left: object, right: object): boolean {
  const [one, other] = [left as Record<string, unknown>, right as Record<string, unknown>];
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name === "line" || name === "endLine" || Object.is(one[name], other[name]));
}

function same(left: CanvasNode, right: CanvasNode): boolean {
  const places = left.position.x === right.position.x && left.position.y === right.position.y && left.width === right.width && left.height === right.height;
  if (!places || left.type !== right.type) return false;
  if (left.type === "frame" || right.type === "frame") return false;
  if (left.type !== "flow" || right.type !== "flow") return JSON.stringify(left.data) === JSON.stringify(right.data);
  const [one, other] = [left.data, right.data];
  return alike(one.node, other.node) && alike(one.mark ?? {}, other.mark ?? {}) && alike({ ...one, node: null, mark: null }, { ...other, node: null, mark: null });
}

/** Return the nodes as React Flow draws them. Nodes in which nothing has changed stay the objects they were, and are not drawn again. */
export function useCanvasNodes({ graph, visible, selected, problems, overlay, editing, errorsPutAway, defaults, dragged, toggle }: NodesOf): CanvasNode[] {
  const [known] = useState(() => new Map<string, CanvasNode>());
  return useMemo(() => {
    const nodes = nodesOf({ graph, visible, selected, problems, overlay, editing, errorsPutAway, defaults, dragged, toggle }).map((node) => {
      const before = known.get(node.id);
      return before && same(before, node) ? before : node;
    });
    known.clear();
    for (const node of nodes) known.set(node.id, node);
    return nodes;
  }, [graph, visible, selected, problems, overlay, editing, errorsPutAway, defaults, dragged, toggle, known]);
}
