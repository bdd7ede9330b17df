import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback } from "react";

/** How near to the edge of the canvas something may be that has to be seen. */
const EDGE = 24;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

/** How long the picture takes to move there, in milliseconds. */
export const duration = () => (calm.matches ? 0 : 220);

/** Return how far to move what is between two points, so that it is inside; where it is too long, its beginning is. */
function outside(from: number, to: number, most: number): number {
  if (from < EDGE) return EDGE - from;
  return to > most - EDGE ? Math.max(most - EDGE - to, EDGE - from) : 0;
}

/** Return what moves the picture as far as is needed to see a node, and what hangs on it. */
export function useBringIntoSight(): (id: string, hanging?: Element | null) => void {
  const flow = useReactFlow();
  const api = useStoreApi();
  return useCallback(
    (id, hanging = null) => {
      const node = flow.getNode(id);
      const { width, height, domNode } = api.getState();
      if (!node || !domNode) return;
      const { x, y, zoom: scale } = flow.getViewport();
      const origin = domNode.getBoundingClientRect();
      const also = hanging?.getBoundingClientRect();
      const [left, top] = [node.position.x * scale + x, node.position.y * scale + y];
      const across = outside(Math.min(left, also ? also.left - origin.left : left), Math.max(left + (node.width ?? 0) * scale, also ? also.right - origin.left : left), width);
      const down = outside(top, Math.max(top + (node.height ?? 0) * scale, also ? also.bottom - origin.top : top), height);
      if (across !== 0 || down !== 0) void flow.setViewport({ x: x + across, y: y + down, zoom: scale }, { duration: duration() });
    },
    [flow, api],
  );
}
