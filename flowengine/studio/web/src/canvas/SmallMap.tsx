import { Panel, useReactFlow, useStore } from "@xyflow/react";
import { memo, useMemo, type PointerEvent, type ReactNode, type WheelEvent } from "react";
import type { Rect } from "../api/types";
import { strings } from "../strings";
import type { CanvasNode } from "./useCanvasNodes";

const SIZE = { width: 132, height: 96 };
/** On a smaller canvas the map would be in the way. */
const ROOM = { width: 600, height: 340 };
const MARGIN = 10;

const boxOf = (node: CanvasNode): Rect => ({ ...node.position, width: node.width ?? 0, height: node.height ?? 0 });
const drawn = ({ x, y, width, height }: Rect) => `M${x} ${y}h${width}v${height}h${-width}z`;

/** Return all of some nodes as one path: five hundred of them are as quick to draw as one. */
function pathOf(nodes: readonly CanvasNode[], shows: (node: CanvasNode) => boolean): string {
  return nodes.filter(shows).map((node) => drawn(boxOf(node))).join("");
}

/** Return the room that rectangles take together. */
function whole(rects: readonly Rect[]): Rect {
  const x = Math.min(...rects.map((one) => one.x));
  const y = Math.min(...rects.map((one) => one.y));
  return { x, y, width: Math.max(...rects.map((one) => one.x + one.width)) - x, height: Math.max(...rects.map((one) => one.y + one.height)) - y };
}

const Nodes = memo(function Nodes({ nodes }: { nodes: readonly CanvasNode[] }): ReactNode {
  return (
    <>
      <path className="map-frame" d={pathOf(nodes, (node) => node.type === "frame")} />
      <path className="map-trigger" d={pathOf(nodes, (node) => node.type === "trigger")} />
      <path className="map-node" d={pathOf(nodes, (node) => node.type !== "frame" && node.type !== "trigger" && node.selected !== true)} />
      <path className="map-selected" d={pathOf(nodes, (node) => node.type !== "frame" && node.selected === true)} />
    </>
  );
});

/** The whole picture, small, and what is in sight of it: pull it to another place, or turn the wheel over it. */
export function SmallMap({ nodes }: { nodes: readonly CanvasNode[] }): ReactNode {
  const flow = useReactFlow();
  const [x, y, zoom] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const picture = useMemo(() => whole(nodes.map(boxOf)), [nodes]);
  if (nodes.length === 0 || width <= ROOM.width || height <= ROOM.height) return null;
  const sight = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
  const all = whole([picture, sight]);
  const scale = Math.max(all.width / SIZE.width, all.height / SIZE.height);
  const margin = MARGIN * scale;
  const look = { x: all.x - margin, y: all.y - margin, width: all.width + 2 * margin, height: all.height + 2 * margin };
  const pull = (event: PointerEvent<SVGSVGElement>) => {
    if ((event.buttons & 1) === 0) return;
    const matrix = event.currentTarget.getScreenCTM()?.inverse();
    if (!matrix) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    void flow.setCenter(at.x, at.y, { zoom });
  };
  const turn = (event: WheelEvent) => void (event.deltaY < 0 ? flow.zoomIn() : flow.zoomOut());
  return (
    <Panel position="bottom-right" className="map">
      <svg
        role="img"
        aria-label={strings.canvas.map}
        width={SIZE.width}
        height={SIZE.height}
        viewBox={`${look.x} ${look.y} ${look.width} ${look.height}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pull(event);
        }}
        onPointerMove={pull}
        onWheel={turn}
      >
        <Nodes nodes={nodes} />
        <path className="map-mask" fillRule="evenodd" d={drawn({ x: look.x - look.width, y: look.y - look.height, width: 3 * look.width, height: 3 * look.height }) + drawn(sight)} />
      </svg>
    </Panel>
  );
}
