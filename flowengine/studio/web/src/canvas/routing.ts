import type { Point, Rect } from "../api/types";
import type { Bundle } from "./bundles";

/** A line as it is drawn: its path, where its tip is and how it points, and the middle of its label. */
export interface Route {
  path: string;
  tip: Point & { direction: "down" | "up" | "left" };
  label: Point;
  /** The room that it takes, without its label. */
  area: Rect;
}

const PORT = 16;
const CORNER = 16;
const TIP = 8;
const LOOP = 26;
const CLEAR = 14;
const CHIP = 18;
const LETTER = 6.6;
/** As far from where a line begins its label is looked for first. */
const NEAR = 600;

/** Return the room around points. */
export function around(points: readonly (readonly [number, number])[]): Rect {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

const middle = (box: Rect) => box.x + box.width / 2;
const bottom = (box: Rect) => box.y + box.height;

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

/** Where a line runs up and down between its ends, and where its label is. */
interface Lane {
  bundle: Bundle;
  from: Rect;
  to: Rect;
  down: boolean;
  x: number;
  label: Point;
}

/** Find ways for lines that the layout knows nothing of: along lanes that are free of boxes, with labels side by side. */
export function findRoutes(bundles: readonly Bundle[], boxes: ReadonlyMap<string, Rect>, taken: readonly Rect[] = []): Map<string, Route> {
  const routes = new Map<string, Route>();
  const labels = [...taken];
  const lanes: Lane[] = [];
  for (const bundle of inOrder(bundles, boxes)) {
    const [from, to] = [boxes.get(bundle.from), boxes.get(bundle.to)];
    if (!from || !to) continue;
    const size = labelSize(bundle);
    if (bundle.from === bundle.to) {
      const label = { x: from.x + from.width + LOOP + size.width / 2, y: from.y + from.height / 2 };
      routes.set(bundle.key, loopRoute(from.x + from.width, from.y + from.height / 4, bottom(from) - from.height / 4, label));
    } else lanes.push(laneOf(bundle, from, to, boxes, labels, size));
  }
  const leaving = ports(lanes, "from");
  const coming = ports(lanes, "to");
  for (const lane of lanes) {
    const { key } = lane.bundle;
    const start = { x: leaving.get(key) ?? middle(lane.from), y: bottom(lane.from) };
    routes.set(key, laneRoute(lane, start, { x: coming.get(key) ?? middle(lane.to), y: lane.to.y }));
  }
  return routes;
}

/** From top to bottom, and at each box from left to right: so labels beside each other find room beside each other. */
function inOrder(bundles: readonly Bundle[], boxes: ReadonlyMap<string, Rect>): Bundle[] {
  const place = (id: string) => boxes.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  return [...bundles].sort((one, other) => place(one.from).y - place(other.from).y || middle(place(one.to)) - middle(place(other.to)));
}

export function labelSize(bundle: Bundle): { width: number; height: number } {
  if (!bundle.labelled) return { width: 0, height: 0 };
  const longest = Math.max(...bundle.edges.map((edge) => edge.label.length));
  return { width: longest * LETTER + 30, height: CHIP * bundle.edges.length + 6 };
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

function laneOf(bundle: Bundle, from: Rect, to: Rect, boxes: ReadonlyMap<string, Rect>, labels: Rect[], size: { width: number; height: number }): Lane {
  const down = to.y >= bottom(from) + 2 * CLEAR;
  const [top, low] = down ? [bottom(from), to.y] : [to.y - CLEAR, bottom(from) + CLEAR];
  const bend = down ? Math.min(Math.max((low - top) / 3, 8), 40) : Math.min(40, (low - top) / 3);
  const within = (box: Rect) => box.y < low - 4 && bottom(box) > top + 4;
  const blocking = [...boxes].filter(([id, box]) => within(box) && !(down && (id === bundle.from || id === bundle.to))).map(([, box]) => box);
  const near = labels.filter(within);
  const isOpen = gaps(blocking);
  const cost = (x: number) => Math.abs(x - middle(from)) + Math.abs(x - middle(to));
  const inside = (x: number) => down && x > to.x + CORNER && x < to.x + to.width - CORNER;
  const lanes = [
    ...(down ? [middle(to), middle(from), ...[-1, 1].map((side) => middle(to) + side * (to.width / 2 - CORNER))] : []),
    ...blocking.flatMap((box) => [box.x - CLEAR - 8, box.x + box.width + CLEAR + 8]),
    ...near.flatMap((one) => [one.x - size.width / 2 - 6, one.x + one.width + size.width / 2 + 6]),
  ];
  const open = [...new Set(lanes)].filter(isOpen).sort((one, other) => cost(one) - cost(other) - (inside(one) ? 30 : 0) + (inside(other) ? 30 : 0));
  const ends = down ? ([top + bend, low - bend] as const) : ([low - bend, top + bend] as const);
  const room = (most: number) => labelIn(open, ends, size, [...near, ...blocking], most);
  // On a long way a label far off is of no use, and takes long to find.
  const label = room(NEAR) ?? (low - top > NEAR ? room(Infinity) : null) ?? { x: open[0] ?? middle(to), y: (top + low) / 2 };
  if (size.width) labels.push({ x: label.x - size.width / 2, y: label.y - size.height / 2, ...size });
  return { bundle, from, to, down, x: label.x, label };
}

/** Return the first place on a lane where a label meets nothing; null where there is none. */
function labelIn(lanes: readonly number[], ends: readonly [number, number], size: { width: number; height: number }, others: readonly Rect[], most: number): Point | null {
  for (const x of lanes) {
    const beside = others.filter((one) => one.x < x + size.width / 2 && x - size.width / 2 < one.x + one.width);
    const y = labelHeight(x, ends, size, most, (label) => !beside.some((one) => overlap(label, one)));
    if (y !== null) return { x, y };
  }
  return null;
}

/** Return what tells whether a lane passes between boxes. */
function gaps(boxes: readonly Rect[]): (x: number) => boolean {
  const walls: [number, number][] = [];
  for (const box of [...boxes].sort((one, other) => one.x - other.x)) {
    const [from, to] = [box.x - CLEAR, box.x + box.width + CLEAR];
    const last = walls.at(-1);
    if (last && from < last[1]) last[1] = Math.max(last[1], to);
    else walls.push([from, to]);
  }
  return (x) => !walls.some(([from, to]) => x > from && x < to);
}

const overlap = (one: Rect, other: Rect) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < bottom(other) && other.y < bottom(one);

/** Return how high a label may be on a lane, as near as can be to where the line begins; null where there is no room. */
function labelHeight(x: number, [from, to]: readonly [number, number], size: { width: number; height: number }, most: number, free: (label: Rect) => boolean): number | null {
  const way = to < from ? -1 : 1;
  const inset = Math.max(size.height / 2 - 8, 0);
  const length = Math.min(Math.max(Math.abs(to - from) - 2 * inset, 0), most);
  for (let gone = 0; gone <= length; gone += 10) {
    const y = from + way * (inset + gone);
    if (free({ x: x - size.width / 2, y: y - size.height / 2, ...size })) return y;
  }
  return null;
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
