import type { Graph, GraphNode, Rect } from "../api/types";
import type { Bundle } from "./bundles";
import { frameOf, nameOf } from "./subflows";
import { around, findRoutes, type Route } from "./routing";

/** So wide is the side of a frame that a line may come to, so that it comes to one point. */
const POINT = 33;

/** Return the lines inside frames: from the top to the first node, and from the ends of a called flow to where its outcomes leave the frame. */
export function frameLines(graph: Graph, bundles: readonly Bundle[], routes: ReadonlyMap<string, Route>): [Bundle, Route][] {
  const frames = graph.nodes.filter((node) => node.frame?.start != null);
  if (frames.length === 0) return [];
  const all = new Map(graph.nodes.map((node) => [node.id, node]));
  return frames.flatMap((frame) => {
    const within = graph.nodes.filter((node) => frameOf(node.id) === frame.id);
    return [...entry(frame, all.get(frame.frame?.start ?? "")), ...exits(frame, within, bundles, routes)];
  });
}

const lineOf = (from: string, to: string, kind: Bundle["kind"]): Bundle => ({ key: `frame ${from} ${to}`, from, to, kind, default: false, state: null, labelled: false, edges: [] });

function entry(frame: GraphNode, start: GraphNode | undefined): [Bundle, Route][] {
  if (!start) return [];
  const [x, top] = [start.x + start.width / 2, frame.y + HEAD];
  const route: Route = { path: `M${x} ${top}V${start.y - 8}`, tip: { x, y: start.y, direction: "down" }, label: { x, y: top }, area: around([[x, top], [x, start.y]]) };
  return [[lineOf(frame.id, start.id, "success"), route]];
}

const HEAD = 30;

function exits(frame: GraphNode, within: readonly GraphNode[], bundles: readonly Bundle[], routes: ReadonlyMap<string, Route>): [Bundle, Route][] {
  const boxes = new Map<string, Rect>(within.map((node) => [node.id, node]));
  const lines: Bundle[] = [];
  for (const bundle of bundles) {
    const x = bundle.from === frame.id ? Number(/^M(-?[\d.]+) /.exec(routes.get(bundle.key)?.path ?? "")?.[1] ?? NaN) : NaN;
    if (Number.isNaN(x)) continue;
    const outcomes = new Set(bundle.edges.map((edge) => edge.outcome));
    const ends = within.filter((node) => node.end != null && outcomes.has(node.title ?? nameOf(node.id)));
    if (ends.length === 0) continue;
    boxes.set(`exit ${bundle.key}`, { x: x - POINT / 2, y: frame.y + frame.height, width: POINT, height: 0 });
    lines.push(...ends.map((end) => lineOf(end.id, `exit ${bundle.key}`, bundle.kind)));
  }
  const found = findRoutes(lines, boxes);
  return lines.flatMap((line) => {
    const route = found.get(line.key);
    return route ? [[line, route] as [Bundle, Route]] : [];
  });
}
