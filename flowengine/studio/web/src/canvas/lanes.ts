import type { Point, Rect } from "../api/types";
import type { Bundle } from "./bundles";

/** Where a line runs up and down between its ends, and where its label is. */
export interface Lane {
  bundle: Bundle;
  from: Rect;
  to: Rect;
  down: boolean;
  x: number;
  label: Point;
}

/** The lanes that were found last, and where boxes stood then. */
export interface LaneMemory {
  lanes: ReadonlyMap<string, Lane>;
  boxes: ReadonlyMap<string, Rect>;
}

export const newMemory = (): LaneMemory => ({ lanes: new Map(), boxes: new Map() });

export const CORNER = 16;
const CLEAR = 14;
const CHIP = 18;
const LETTER = 6.6;
/** As far from where a line begins its label is looked for first. */
const NEAR = 600;
/** In so many lanes a label is looked for. */
const LANES = 80;

export const middle = (box: Rect) => box.x + box.width / 2;
export const bottom = (box: Rect) => box.y + box.height;
export const samePlace = (one: Rect | undefined, other: Rect | undefined) => one === other || (one?.x === other?.x && one?.y === other?.y && one?.width === other?.width && one?.height === other?.height);
const overlap = (one: Rect, other: Rect) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < bottom(other) && other.y < bottom(one);

export function labelSize(bundle: Bundle): { width: number; height: number } {
  if (!bundle.labelled) return { width: 0, height: 0 };
  const longest = Math.max(...bundle.edges.map((edge) => edge.label.length));
  return { width: longest * LETTER + 30, height: CHIP * bundle.edges.length + 6 };
}

function labelRect(bundle: Bundle, at: Point): Rect[] {
  const size = labelSize(bundle);
  return size.width ? [{ x: at.x - size.width / 2, y: at.y - size.height / 2, ...size }] : [];
}

/** Return a lane for each line between two boxes that are there. */
export function findLanes(bundles: readonly Bundle[], boxes: ReadonlyMap<string, Rect>, taken: readonly Rect[], memory = newMemory()): Lane[] {
  const fresh = [...boxes].flatMap(([id, box]) => (samePlace(box, memory.boxes.get(id)) ? [] : [box]));
  const labels = [...taken];
  const known = new Map<string, Lane>();
  const found: Lane[] = [];
  const left: (readonly [string, Bundle, Rect, Rect])[] = [];
  for (const bundle of inOrder(bundles, boxes)) {
    const [from, to] = [boxes.get(bundle.from), boxes.get(bundle.to)];
    if (!from || !to) continue;
    const key = laneKey(bundle, from, to);
    const before = memory.lanes.get(key);
    // Where two nodes stand on each other, only one of their lines has it.
    if (before && !known.has(key) && isFree(before, fresh, taken)) {
      known.set(key, { ...before, bundle });
      found.push({ ...before, bundle });
      labels.push(...labelRect(bundle, before.label));
    } else left.push([key, bundle, from, to]);
  }
  for (const [key, bundle, from, to] of left) {
    const lane = laneOf(bundle, from, to, boxes, labels);
    known.set(key, lane);
    found.push(lane);
    labels.push(...labelRect(bundle, lane.label));
  }
  memory.lanes = known;
  memory.boxes = boxes;
  return found;
}

/** By place, and not by name: a node that is only called otherwise changes no way. */
function laneKey(bundle: Bundle, from: Rect, to: Rect): string {
  const { width, height } = labelSize(bundle);
  return [from.x, from.y, from.width, from.height, to.x, to.y, to.width, to.height, bundle.kind, bundle.default, bundle.state, width, height].join(" ");
}

/** Whether nothing has come into the way of a line and its label. */
function isFree({ bundle, from, to, x, label }: Lane, fresh: readonly Rect[], taken: readonly Rect[]): boolean {
  const [top, low] = between(from, to);
  const way = { x: x - CLEAR, y: top, width: 2 * CLEAR, height: low - top };
  const mine = labelRect(bundle, label);
  return !fresh.some((box) => overlap(box, way) || mine.some((one) => overlap(box, one))) && !mine.some((one) => taken.some((other) => overlap(one, other)));
}

const leadsDown = (from: Rect, to: Rect) => to.y >= bottom(from) + 2 * CLEAR;

/** Return from where to where a line runs up or down. */
const between = (from: Rect, to: Rect): [number, number] => (leadsDown(from, to) ? [bottom(from), to.y] : [to.y - CLEAR, bottom(from) + CLEAR]);

/** From top to bottom, and at each box from left to right: so labels beside each other find room beside each other. */
function inOrder(bundles: readonly Bundle[], boxes: ReadonlyMap<string, Rect>): Bundle[] {
  const place = (id: string) => boxes.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  return [...bundles].sort((one, other) => place(one.from).y - place(other.from).y || middle(place(one.to)) - middle(place(other.to)));
}

function laneOf(bundle: Bundle, from: Rect, to: Rect, boxes: ReadonlyMap<string, Rect>, labels: readonly Rect[]): Lane {
  const size = labelSize(bundle);
  const down = leadsDown(from, to);
  const [top, low] = between(from, to);
  const bend = down ? Math.min(Math.max((low - top) / 3, 8), 40) : Math.min(40, (low - top) / 3);
  const within = (box: Rect) => box.y < low - 4 && bottom(box) > top + 4;
  const blocking = [...boxes].filter(([id, box]) => within(box) && !(down && (id === bundle.from || id === bundle.to))).map(([, box]) => box);
  // A line without a label runs below those of others.
  const near = size.width ? labels.filter(within) : [];
  const walls = wallsOf(blocking);
  const cost = (x: number) => Math.abs(x - middle(from)) + Math.abs(x - middle(to));
  const inside = (x: number) => down && x > to.x + CORNER && x < to.x + to.width - CORNER;
  const lanes = [
    ...(down ? [middle(to), middle(from), ...[-1, 1].map((side) => middle(to) + side * (to.width / 2 - CORNER))] : []),
    ...walls.flatMap(([start, end]) => [start - 8, end + 8]),
    ...near.flatMap((one) => [one.x - size.width / 2 - 6, one.x + one.width + size.width / 2 + 6]),
  ];
  const open = firstOf([...new Set(lanes)].map((x) => ({ x, cost: cost(x) - (inside(x) ? 30 : 0) })).sort((one, other) => one.cost - other.cost), walls);
  const ends = down ? ([top + bend, low - bend] as const) : ([low - bend, top + bend] as const);
  const room = (most: number) => (size.width === 0 ? null : labelIn(open, ends, size, [...near, ...blocking], most));
  // On a long way a label far off is of no use, and takes long to find.
  const label = room(NEAR) ?? (low - top > NEAR ? room(Infinity) : null) ?? { x: open[0] ?? middle(to), y: (top + low) / 2 };
  return { bundle, from, to, down, x: label.x, label };
}

/** Return the nearest lanes that are open: as many as one may have to look at for a label. */
function firstOf(lanes: readonly { x: number }[], walls: readonly Wall[]): number[] {
  const open: number[] = [];
  for (const { x } of lanes) if (!walls.some(([from, to]) => x > from && x < to) && open.push(x) === LANES) break;
  return open;
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

/** From where to where boxes stand so close that no line passes between them. */
type Wall = [number, number];

function wallsOf(boxes: readonly Rect[]): Wall[] {
  const walls: Wall[] = [];
  for (const box of [...boxes].sort((one, other) => one.x - other.x)) {
    const [from, to] = [box.x - CLEAR, box.x + box.width + CLEAR];
    const last = walls.at(-1);
    if (last && from < last[1]) last[1] = Math.max(last[1], to);
    else walls.push([from, to]);
  }
  return walls;
}

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
