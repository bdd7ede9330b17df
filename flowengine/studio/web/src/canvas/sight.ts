import { useStore } from "@xyflow/react";
import type { Rect } from "../api/types";

/** A flow with more parts than this is drawn as far as it is in sight. */
export const MANY = 150;

/** Below this zoom nobody reads a word: cards are drawn as cards, without them. */
const FAR = 0.36;

interface Transformed {
  transform: [number, number, number];
  width: number;
  height: number;
}

/** Return what is in sight and as much around it, in steps: so it stays the same while one pans a little. */
export function sightOf({ transform: [x, y, zoom], width, height }: Transformed): string {
  const step = Math.max(width, height, 1) / zoom / 4;
  const [column, row] = [Math.floor(-x / zoom / step), Math.floor(-y / zoom / step)];
  return [(column - 1) * step, (row - 1) * step, width / zoom + 3 * step, height / zoom + 3 * step].map(Math.round).join(" ");
}

/** Return the part of the picture that is to be drawn; null for all of it. */
export function useSight(isLarge: boolean): Rect | null {
  const sight = useStore((state) => (isLarge ? sightOf(state) : ""));
  if (sight === "") return null;
  const [x = 0, y = 0, width = 0, height = 0] = sight.split(" ").map(Number);
  return { x, y, width, height };
}

export const useFar = () => useStore((state) => state.transform[2] < FAR);

export const meets = (one: Rect, other: Rect) => one.x <= other.x + other.width && other.x <= one.x + one.width && one.y <= other.y + other.height && other.y <= one.y + one.height;
