import type { Graph, GraphEdge, GraphNode, Point, Rect } from "../api/types";
import { bundled } from "./bundles";
import { labelSize } from "./lanes";
import { around, findRoutes } from "./routing";

/** A called flow: its picture, or in words why there is none. */
export interface Called {
  title: string;
  graph: Graph | null;
  said: string | null;
}

/** What is known of calls that are open, by the node that calls. */
export type OpenCalls = ReadonlyMap<string, Called>;

/** Deeper than this nobody sees anything. */
export const DEEPEST = 5;

const HEAD = 46;
const PAD = 26;
const FOOT = 50;
const WORDS = { width: 320, height: 64 };

/** No name has this letter, and nobody sees it. */
const SEPARATOR = "\u001f";
export const inside = (frame: string, node: string) => `${frame}${SEPARATOR}${node}`;

/** Return the node that a node is drawn in; "" for one of the flow itself. */
export const frameOf = (node: string) => node.slice(0, Math.max(0, node.lastIndexOf(SEPARATOR)));

/** Return the node of the flow itself that a node is drawn in, or is. */
export const outermost = (node: string) => node.split(SEPARATOR, 1)[0] ?? node;

/** Return what a node is called in its own flow. */
export const nameOf = (node: string) => node.slice(node.lastIndexOf(SEPARATOR) + 1);

export const depthOf = (node: string) => node.split(SEPARATOR).length - 1;

/** Room that is made for a call: everything beyond `at` steps aside. */
interface Room {
  at: Rect;
  across: number;
  down: number;
}

export interface Picture {
  graph: Graph;
  /** Where a node of the flow belongs that is dropped somewhere on this picture. */
  home: (dropped: Point, size: { width: number; height: number }) => Point;
}

/**
 * Return the picture of a flow with calls that are open: their nodes are frames around the called flows, and the
 * rest makes room. What is beside a frame moves to the side, what is below it down; nothing else moves, no two nodes
 * change sides, and when the calls are closed all is where it was.
 */
export function withOpened(graph: Graph, open: OpenCalls, path = ""): Picture {
  const frames = graph.nodes.flatMap((node) => {
    const called = node.flow == null ? undefined : open.get(path + node.id);
    return called ? [{ node, called, content: contentOf(called, open, path + node.id) }] : [];
  });
  if (frames.length === 0) return { graph, home: (dropped) => dropped };
  let roomy = graph;
  const rooms: Room[] = [];
  for (const { node, content } of frames) {
    const at = roomy.nodes.find((one) => one.id === node.id) ?? node;
    const width = Math.max(at.width, content.width + 2 * PAD);
    const room = { at: { x: at.x, y: at.y, width: at.width, height: at.height }, across: (width - at.width) / 2, down: HEAD + content.height + FOOT - at.height };
    rooms.push(room);
    roomy = moved(roomy, room, node.id);
  }
  const within = frames.map(({ node, called, content }) => {
    const frame = roomy.nodes.find((one) => one.id === node.id) ?? node;
    const by = { x: frame.x + (frame.width - content.width) / 2 - content.x, y: frame.y + HEAD - content.y };
    const start = content.graph && inside(node.id, content.graph.start);
    return { id: node.id, facts: { title: called.title, said: called.said, start }, drawn: content.graph && placedIn(content.graph, node.id, by) };
  });
  const facts = new Map(within.map((one) => [one.id, one.facts]));
  return {
    graph: {
      ...roomy,
      nodes: [...roomy.nodes.map((node) => (facts.has(node.id) ? { ...node, frame: facts.get(node.id) } : node)), ...within.flatMap(({ drawn }) => drawn?.nodes ?? [])],
      edges: [...roomy.edges, ...within.flatMap(({ drawn }) => drawn?.edges ?? [])],
    },
    home: (dropped, size) => rooms.reduceRight((at, room) => takenBack(at, size, room), dropped),
  };
}

/** Return the picture inside a frame and the room it takes. */
function contentOf({ graph, said }: Called, open: OpenCalls, path: string): Rect & { graph: Graph | null } {
  if (!graph || said !== null) return { x: 0, y: 0, ...WORDS, graph: null };
  const shown = withOpened(graph, open, path + SEPARATOR).graph;
  const boxes = new Map<string, Rect>(shown.nodes.map((node) => [node.id, node]));
  const bundles = bundled(shown.edges.filter((edge) => !edge.default));
  const found = findRoutes(bundles.filter((bundle) => !bundle.edges[0]?.points), boxes);
  const areas: Rect[] = [...shown.nodes];
  for (const bundle of bundles) {
    const { points, labelAt } = bundle.edges[0] ?? {};
    const route = found.get(bundle.key);
    const [size, at] = [labelSize(bundle), labelAt ? { x: labelAt[0], y: labelAt[1] } : route?.label];
    areas.push(...(points ? [around(points)] : route ? [route.area] : []));
    if (at) areas.push({ x: at.x - size.width / 2, y: at.y - size.height / 2, ...size });
  }
  const corners = areas.flatMap(({ x, y, width, height }) => [[x, y] as const, [x + width, y + height] as const]);
  return { ...around(corners), graph: shown };
}

function placedIn(graph: Graph, frame: string, by: Point): Pick<Graph, "nodes" | "edges"> {
  const point = ([x, y]: [number, number]): [number, number] => [x + by.x, y + by.y];
  return {
    nodes: graph.nodes.map((node) => ({
      ...node,
      id: inside(frame, node.id),
      x: node.x + by.x,
      y: node.y + by.y,
      ...(node.frame ? { frame: { ...node.frame, start: node.frame.start && inside(frame, node.frame.start) } } : {}),
    })),
    // Those of `defaults` are shown where the flow itself is.
    edges: graph.edges.filter((edge) => !edge.default).map((edge) => ({
      ...edge,
      from: inside(frame, edge.from),
      to: inside(frame, edge.to),
      ...(edge.points ? { points: edge.points.map(point) } : {}),
      ...(edge.labelAt ? { labelAt: point(edge.labelAt) } : {}),
    })),
  };
}

/** A pixel's tenth is lost where places are rounded. */
const NEAR = 0.15;

const right = (box: Rect) => box.x + box.width;
const below = (box: Rect) => box.y + box.height;

function stepAside(box: Rect, { at, across, down }: Room): Point {
  const side = box.x >= right(at) - NEAR ? 1 : right(box) <= at.x + NEAR ? -1 : 0;
  return { x: box.x + side * across, y: box.y + (box.y >= below(at) - NEAR ? down : 0) };
}

/** Undo `stepAside` for a node that was dropped somewhere. */
function takenBack(dropped: Point, size: { width: number; height: number }, { at, across, down }: Room): Point {
  const side = dropped.x >= right(at) + across ? 1 : dropped.x + size.width <= at.x - across ? -1 : 0;
  return { x: dropped.x - side * across, y: dropped.y >= below(at) + down ? dropped.y - down : dropped.y };
}

function moved(graph: Graph, room: Room, grown: string): Graph {
  const { at, across, down } = room;
  const nodes = graph.nodes.map((node): GraphNode => {
    if (node.id === grown) return { ...node, x: at.x - across, width: at.width + 2 * across, height: at.height + down };
    return { ...node, ...stepAside(node, room) };
  });
  const before = new Map(graph.nodes.map((node) => [node.id, node]));
  const after = new Map(nodes.map((node) => [node.id, node]));
  const box = <T extends Rect>(one: T) => ({ ...one, ...stepAside(one, room) });
  return {
    ...graph,
    nodes,
    edges: graph.edges.map((edge) => (edge.points ? { ...edge, ...ledAlong(edge, edge.points, room, before, after) } : edge)),
    width: graph.width + 2 * across,
    height: graph.height + down,
    ...(graph.trigger ? { trigger: box(graph.trigger) } : {}),
    ...(graph.defaults ? { defaults: box(graph.defaults) } : {}),
  };
}

/** Lead a line along: its ends stay where they come to their boxes, the rest steps aside like all else. */
function ledAlong(edge: GraphEdge, points: readonly [number, number][], room: Room, before: ReadonlyMap<string, Rect>, after: ReadonlyMap<string, Rect>): Pick<GraphEdge, "points" | "labelAt"> {
  const aside = ([x, y]: readonly [number, number]): [number, number] => {
    const at = stepAside({ x, y, width: 0, height: 0 }, room);
    return [at.x, at.y];
  };
  const atBox = (id: string, [x, y]: readonly [number, number]): [number, number] => {
    const [was, is] = [before.get(id), after.get(id)];
    if (!was || !is) return [x, y];
    const grown = is.width !== was.width || is.height !== was.height;
    const end = y >= below(was) - NEAR ? below(is) : y <= was.y + NEAR ? is.y : is.y + y - was.y;
    return [edge.from === edge.to && grown ? right(is) : grown ? x : x + is.x - was.x, end];
  };
  const last = points.length - 1;
  const led = points.map((point, number): [number, number] => {
    const id = number < 2 ? edge.from : number > last - 2 ? edge.to : null;
    if (id === null) return aside(point);
    const end = atBox(id, point);
    return number === 0 || number === last || edge.from === edge.to ? end : [end[0], aside(point)[1]];
  });
  return { points: led, labelAt: edge.labelAt ? aside(edge.labelAt) : null };
}
