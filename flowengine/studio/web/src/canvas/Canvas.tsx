import { Background, BackgroundVariant, ReactFlow, useOnViewportChange, useReactFlow, useStore, useStoreApi, type Connection, type FinalConnectionState, type NodeChange, type ReactFlowInstance } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useState, type DragEvent, type ReactNode } from "react";
import type { Graph, GraphEdge, Point, Rect, Severity } from "../api/types";
import { useTheme } from "../app/theme";
import { useStable } from "../parts/useStable";
import { strings } from "../strings";
import { bundled, edgeKey, kept, withoutErrorHandling, type Bundle } from "./bundles";
import { DefaultsNode } from "./DefaultsNode";
import type { EdgeEditing } from "./EdgeChip";
import { EdgeLayer, type ChooseEdge } from "./EdgeLayer";
import { frameLines } from "./exits";
import { FlowNode, TriggerNode } from "./FlowNode";
import { FrameNode } from "./FrameNode";
import type { Overlay } from "./overlay";
import { around, type Route } from "./routing";
import { useShown } from "./showing";
import { MANY, useFar } from "./sight";
import { SmallMap } from "./SmallMap";
import { frameOf, outermost } from "./subflows";
import { TRIGGER, useCanvasNodes, type CanvasNode } from "./useCanvasNodes";
import { useRoutes } from "./useRoutes";
import { useNodeKeys } from "./useNodeKeys";
import { useSubflows } from "./useSubflows";

const TYPES = { flow: FlowNode, frame: FrameNode, trigger: TriggerNode, defaults: DefaultsNode };
const SAID = { "node.a11yDescription.default": strings.canvas.nodeHelp };
const NOT_DRAGGED: ReadonlyMap<string, Point> = new Map();

/** What a canvas on which one edits tells about. */
export interface Editing {
  tray: (node: string) => ReactNode;
  onMove: (positions: Map<string, Point>) => void;
  onConnect: (from: string, outcome: string | null, to: string) => void;
  onConnectToNothing: (from: string, outcome: string | null) => void;
  onDropType: (type: string, place: Place) => void;
  edges: EdgeEditing;
}

/** Where something is dropped: at a point, on a node or on an edge. */
export type Place = { at: Point } | { node: string; outcome?: string };

export interface CanvasProps {
  graph: Graph;
  label: string;
  selected: string | null;
  onSelect: (node: string | null) => void;
  onOpen?: ((node: string) => void) | undefined;
  problems?: ReadonlyMap<string, { severity: Severity; count: number }> | undefined;
  overlay?: Overlay | undefined;
  errorsPutAway?: boolean;
  /** Whether the edges of `defaults` are shown: once, in a card. */
  defaults?: boolean;
  editing?: Editing | undefined;
  /** What a click on an edge does where nothing is edited. */
  onChooseEdge?: ChooseEdge | undefined;
  children?: ReactNode;
}

/** Whether a run took an edge: then it is drawn, also where it is one of `defaults`. */
function isTaken(edge: GraphEdge, overlay: Overlay | undefined): boolean {
  const tone = overlay?.edges.get(edgeKey(edge.from, edge.outcome))?.tone;
  return tone !== undefined && tone !== "uncovered";
}

function useBundles(graph: Graph, { errorsPutAway, selected, overlay }: CanvasProps, visible: ReadonlySet<string>): Bundle[] {
  const [known] = useState(() => new Map<string, Bundle>());
  return useMemo(() => {
    const seen = (edge: GraphEdge) => visible.has(edge.from) && visible.has(edge.to) && (!edge.default || edge.from === selected || isTaken(edge, overlay) || (edge.state ?? "same") !== "same") && !(errorsPutAway && edge.kind !== "success");
    const bundles = kept(known, bundled(graph.edges.filter(seen), (edge) => !edge.default || isTaken(edge, overlay)));
    known.clear();
    for (const bundle of bundles) known.set(bundle.key, bundle);
    return bundles;
  }, [graph, visible, errorsPutAway, selected, overlay, known]);
}

/** Return the nodes that one sees first: all that can be read at a time, around the selected node or the start. */
function openingNodes(graph: Graph, selected: string | null): { id: string }[] {
  const start = graph.nodes.find((node) => node.id === (selected ?? graph.start));
  if (!start || (graph.height < TALL && graph.width < WIDE)) return [];
  const near = (node: Rect) => Math.abs(node.y - start.y) < TALL / 3 && Math.abs(node.x - start.x) < WIDE / 3;
  return [...(graph.trigger && start.id === graph.start ? [{ id: TRIGGER }] : []), ...graph.nodes.filter(near)];
}

function triggerRoute(graph: Graph): [Bundle, Route] | null {
  const start = graph.nodes.find((node) => node.id === graph.start);
  if (!graph.trigger || !start) return null;
  const bundle: Bundle = { key: TRIGGER, from: TRIGGER, to: graph.start, kind: "success", default: false, state: null, labelled: false, edges: [] };
  const [x0, y0, y1] = [graph.trigger.x + graph.trigger.width / 2, graph.trigger.y + graph.trigger.height, start.y];
  const x1 = Math.min(Math.max(x0, start.x + 16), start.x + start.width - 16);
  const half = (y0 + y1) / 2;
  const area = around([[x0, y0], [x1, y1]]);
  return [bundle, { area, path: `M${x0} ${y0}C${x0} ${half} ${x1} ${half} ${x1} ${y1 - 8}`, tip: { x: x1, y: y1, direction: "down" }, label: { x: x1, y: half } }];
}

/** A flow as a graph: to look at, to walk through with the arrow keys and, where `editing` is given, to change. */
export function Canvas({ graph: flow, ...rest }: CanvasProps): ReactNode {
  const { graph, home, toggle, last } = useSubflows(flow);
  const props = { ...rest, graph };
  const { selected, onSelect, onOpen, overlay, editing, problems, errorsPutAway = false, defaults = false, label } = rest;
  const theme = useTheme();
  const [instance, setInstance] = useState<ReactFlowInstance<CanvasNode> | null>(null);
  const [drag, setDrag] = useState<{ graph: Graph; at: ReadonlyMap<string, Point> } | null>(null);
  const dragged = drag?.graph === graph ? drag.at : NOT_DRAGGED;
  const visible = useMemo(() => (errorsPutAway ? withoutErrorHandling(graph) : new Set(graph.nodes.map((node) => node.id))), [graph, errorsPutAway]);
  const nodes = useCanvasNodes({ graph, visible, selected, problems, overlay, editing, errorsPutAway, defaults, dragged, toggle });
  const bundles = useBundles(graph, props, visible);
  const boxes = useMemo(
    () => new Map<string, Rect>(graph.nodes.flatMap((node) => (visible.has(node.id) ? [[node.id, { ...node, ...dragged.get(node.id) }]] : []))),
    [graph, visible, dragged],
  );
  const found = useRoutes(graph, bundles, boxes);
  const [lines, routes] = useMemo(() => {
    const start = triggerRoute(graph);
    const more = [...(start ? [start] : []), ...frameLines(graph, bundles, found)];
    return more.length > 0 ? [[...more.map(([bundle]) => bundle), ...bundles], new Map([...found, ...more.map(([bundle, route]) => [bundle.key, route] as const)])] : [bundles, found];
  }, [graph, bundles, found]);

  useShown(graph, visible, lines, routes, defaults, overlay);
  const isLarge = graph.nodes.length > MANY;
  const [opening] = useState(() => {
    const first = openingNodes(graph, selected);
    return first.length > 0 ? { ...FIT, nodes: first } : FIT;
  });

  const onNodesChange = useStable((changes: NodeChange<CanvasNode>[]) => {
    const places = changes.flatMap((change) => (change.type === "position" && change.position ? [[change.id, change.position] as const] : []));
    if (places.length > 0) setDrag((before) => ({ graph, at: new Map([...(before?.graph === graph ? before.at : []), ...places]) }));
  });
  const { choose, open, onKeyDown } = useNodeKeys({ graph, visible, selected, onSelect, onOpen, toggle });
  const onNodeClick = useStable((_: unknown, node: CanvasNode) => {
    if (node.type === "flow" || node.type === "frame") choose(node.id);
  });
  const onNodeDoubleClick = useStable((_: unknown, node: CanvasNode) => open(node.id));
  const onNodeDragStop = useStable((_: unknown, __: unknown, moved: CanvasNode[]) => {
    editing?.onMove(new Map(moved.map((node) => [node.id, home(node.position, { width: node.width ?? 0, height: node.height ?? 0 })])));
  });
  const onPaneClick = useStable(() => onSelect(null));
  const onConnect = useStable(({ source, sourceHandle, target }: Connection) => editing?.onConnect(source, outcomeOf(sourceHandle), target));
  const onConnectEnd = useStable((_: unknown, state: FinalConnectionState) => {
    if (!state.isValid && state.fromNode && !state.toNode) editing?.onConnectToNothing(state.fromNode.id, outcomeOf(state.fromHandle.id ?? null));
  });
  const onDrop = (event: DragEvent) => {
    const type = event.dataTransfer.getData("application/x-node-type");
    if (type && editing && instance) {
      event.preventDefault();
      const at = instance.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      editing.onDropType(type, placeOf(event, home(at, { width: 0, height: 0 })));
    }
  };
  const onDragOver = (event: DragEvent) => {
    if (editing) event.preventDefault();
  };
  return (
    // The arrow keys go from node to node; each node is a button of its own.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div className="canvas" role="region" aria-label={label} onKeyDown={onKeyDown} onDrop={onDrop} onDragOver={onDragOver}>
      <ReactFlow<CanvasNode>
        nodes={nodes}
        nodeTypes={TYPES}
        onInit={setInstance}
        onNodesChange={onNodesChange}
        onNodeClick={onNodeClick}
        onNodeDoubleClick={onNodeDoubleClick}
        onNodeDragStop={onNodeDragStop}
        onPaneClick={onPaneClick}
        onConnect={onConnect}
        onConnectEnd={onConnectEnd}
        nodesDraggable={Boolean(editing)}
        nodesConnectable={Boolean(editing)}
        elementsSelectable
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        panActivationKeyCode={null}
        zoomActivationKeyCode={null}
        zoomOnDoubleClick={false}
        panOnScroll={false}
        connectionRadius={28}
        connectOnClick={false}
        minZoom={0.04}
        maxZoom={2}
        fitView
        fitViewOptions={opening}
        onlyRenderVisibleElements={isLarge}
        colorMode={theme}
        attributionPosition="bottom-left"
        ariaLabelConfig={SAID}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1} />
        <EdgeLayer bundles={lines} routes={routes} selected={selected} overlay={overlay} editing={editing?.edges} onChoose={rest.onChooseEdge} isLarge={isLarge} />
        <Moving />
        <OpenedInSight node={last} />
        {rest.children}
        <SmallMap nodes={nodes} />
      </ReactFlow>
    </div>
  );
}

/** Bring a call that has just been opened into sight, as large as it may be. */
function OpenedInSight({ node }: { node: string | null }): ReactNode {
  const flow = useReactFlow();
  const size = useStore((state) => (node === null ? "" : `${state.nodeLookup.get(node)?.width} ${state.nodeLookup.get(node)?.height}`));
  useEffect(() => {
    if (node === null) return undefined;
    const frame = requestAnimationFrame(() => void flow.fitView({ ...FIT, nodes: [{ id: node }], maxZoom: Math.min(flow.getZoom(), 1) }));
    return () => cancelAnimationFrame(frame);
  }, [flow, node, size]);
  return null;
}

/** Where something is dropped; in an open call, on the call. */
function placeOf(event: DragEvent, at: Point): Place {
  const under = event.target as HTMLElement;
  const edge = under.closest<HTMLElement>("[data-outcome]")?.dataset;
  if (edge?.from !== undefined && edge.outcome !== undefined && frameOf(edge.from) === "") return { node: edge.from, outcome: edge.outcome };
  const node = under.closest<HTMLElement>("[data-node]")?.dataset.node;
  return node === undefined ? { at } : { node: outermost(node) };
}

/** From here on, all of a flow at once would be too small to be read. */
const TALL = 1800;
const WIDE = 1800;

/** Tell the style sheet when the picture moves, and when it is too far away to be read. */
function Moving(): ReactNode {
  const far = useFar();
  const flow = useStoreApi();
  const root = () => flow.getState().domNode?.closest(".canvas");
  useEffect(() => {
    root()?.classList.toggle("is-far", far);
  });
  useOnViewportChange({
    onStart: () => root()?.classList.add("is-moving"),
    onEnd: () => root()?.classList.remove("is-moving"),
  });
  return null;
}

/** Above the picture there is room for the tools. */
export const FIT = { padding: { top: "62px", right: 0.04, bottom: 0.04, left: 0.04 }, maxZoom: 1, minZoom: 0.04 } as const;

const outcomeOf = (handleId: string | null) => (handleId?.startsWith("outcome:") ? handleId.slice("outcome:".length) : null);

