import type { Point, Rect } from "../api/types";
import type { Bundle } from "./bundles";
import { bottom, CORNER, findLanes, labelSize, middle, type Lane, type LaneMemory } from "./lanes";

/** A line as it is drawn: its path, where its tip is and how it points, and the middle of its label. */
export interface Route {
  path: string;
  tip: Point & { direction: "down" | "up" | "left" };
  label: Point;
  /** The room that it takes, without its label. */
  area: Rect;
}

const PORT = 16;
const TIP = 8;
const LOOP = 26;

/** Return the room around points. */
export function around(points: readonly (readonly [number, number])[]): Rect {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** Draw a route of the server's layout: straight within a pair of points, curved to the next pair. */
export function givenRoute(points: readonly [number, number][], label: readonly [number, number], loops: boolean): Route {
  const at = { x: label[0], y: label[1] };
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return { path: "", tip: { ...at, direction: "down" }, label: at, area: { ...at, width: 0, height: 0 } };
  if (loops) return loopRoute(first[0], first[1], last[1], at);
  const down = last[1] > first[1];
  const stop: [number, number] = [last[0], down ? last[1] - TIP : last[1] + TIP];
  let path = `M${first[0]} ${first[1]}`;
  let [x0, y0] = first;
  [...points.slice(1, -1), stop].forEach(([x1, y1], number) => {
    const half = (y0 + y1) / 2;
    if (number % 2 === 0) path += y0 === y1 ? "" : `V${y1}`;
    else path += Math.abs(x0 - x1) < 0.5 ? `L${x1} ${y1}` : `C${x0} ${half} ${x1} ${half} ${x1} ${y1}`;
    [x0, y0] = [x1, y1];
  });
  return { path, tip: { x: last[0], y: last[1], direction: down ? "down" : "up" }, label: at, area: around(points) };
}

function loopRoute(x: number, top: number, low: number, label: Point): Route {
  const bulge = x + (LOOP * 4) / 3;
  return {
    path: `M${x} ${top}C${bulge} ${top} ${bulge} ${low} ${x + TIP} ${low}`,
    tip: { x, y: low, direction: "left" },
    label,
    area: { x, y: top, width: LOOP, height: low - top },
  };
}

/**
 * Find ways for lines that the layout knows nothing of: along lanes that are free of boxes, with labels side by side.
 * With a memory, lanes stay where they were as long as they are free.
 */
export function findRoutes(bundles: readonly Bundle[], boxes: ReadonlyMap<string, Rect>, taken: readonly Rect[] = [], memory?: LaneMemory): Map<string, Route> {
  const routes = new Map<string, Route>();
  const apart = bundles.filter((bundle) => bundle.from !== bundle.to);
  for (const bundle of bundles) {
    const from = boxes.get(bundle.from);
    if (!from || bundle.from !== bundle.to) continue;
    const label = { x: from.x + from.width + LOOP + labelSize(bundle).width / 2, y: from.y + from.height / 2 };
    routes.set(bundle.key, loopRoute(from.x + from.width, from.y + from.height / 4, bottom(from) - from.height / 4, label));
  }
  const lanes = findLanes(apart, boxes, taken, memory);
  const leaving = ports(lanes, "from");
  const coming = ports(lanes, "to");
  for (const lane of lanes) {
    const { key } = lane.bundle;
    const start = { x: leaving.get(key) ?? middle(lane.from), y: bottom(lane.from) };
    routes.set(key, laneRoute(lane, start, { x: coming.get(key) ?? middle(lane.to), y: lane.to.y }));
  }
  return routes;
}

/** Spread the lines at each box along its edge, in the order of their lanes. */
function ports(lanes: readonly Lane[], end: "from" | "to"): Map<string, number> {
  const at = new Map<string, Lane[]>();
  for (const lane of lanes) {
    const known = at.get(lane.bundle[end]);
    if (known) known.push(lane);
    else at.set(lane.bundle[end], [lane]);
  }
  const found = new Map<string, number>();
  for (const list of at.values()) {
    list.sort((one, other) => one.x - other.x);
    let before = -Infinity;
    list.forEach((lane, place) => {
      const box = lane[end];
      const half = box.width / 2 - CORNER;
      const apart = Math.min(PORT, (2 * half) / Math.max(1, list.length - 1));
      const least = Math.max(middle(box) - half + place * apart, before + apart);
      const most = middle(box) + half - (list.length - 1 - place) * apart;
      before = Math.min(Math.max(lane.x, least), most);
      found.set(lane.bundle.key, before);
    });
  }
  return found;
}

function laneRoute({ x, down, label }: Lane, start: Point, end: Point): Route {
  const tip = { x: end.x, y: end.y, direction: "down" as const };
  const area = around([[start.x, start.y], [end.x, end.y], [x, start.y + (down ? 0 : 44)], [x, end.y - (down ? 0 : 44)]]);
  const stop = end.y - TIP;
  if (!down) {
    const bend = 44;
    const path = `M${start.x} ${start.y}C${start.x} ${start.y + bend} ${x} ${start.y + bend} ${x} ${start.y - 8}V${end.y + 8}C${x} ${end.y - bend} ${end.x} ${end.y - bend} ${end.x} ${stop}`;
    return { path, tip, label, area };
  }
  const bend = Math.min(Math.max((end.y - start.y) / 3, 8), 40);
  const [first, last] = [start.y + bend, end.y - bend];
  const out = Math.abs(x - start.x) < 1 ? `V${first}` : `C${start.x} ${start.y + bend / 2} ${x} ${start.y + bend / 2} ${x} ${first}`;
  const into = Math.abs(x - end.x) < 1 ? `V${stop}` : `V${last}C${x} ${last + bend / 2} ${end.x} ${last + bend / 4} ${end.x} ${stop}`;
  return { path: `M${start.x} ${start.y}${out}${into}`, tip, label, area };
}
