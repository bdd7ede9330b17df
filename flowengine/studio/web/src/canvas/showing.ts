import { useEffect } from "react";
import type { Shown } from "./drawing";

let current: Shown | null = null;

/** Return what is on the canvas now, to make a file of it. */
export const shownPicture = () => current;

/** Say what is on the canvas, while it is there. */
export function useShown(graph: Shown["graph"], visible: Shown["visible"], lines: Shown["lines"], routes: Shown["routes"], defaults: boolean, overlay: Shown["overlay"]): void {
  useEffect(() => {
    const mine = { graph, visible, lines, routes, defaults, overlay };
    const before = current;
    current = mine;
    return () => {
      if (current === mine) current = before;
    };
  }, [graph, visible, lines, routes, defaults, overlay]);
}
