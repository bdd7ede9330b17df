import type { PointerEvent } from "react";

const SVG = "http://www.w3.org/2000/svg";
/** A pointer that has moved less than this has only pressed. */
const MOVED = 4;

const nodeAt = (x: number, y: number) => document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-node]") ?? null;

/** Where a line begins that leads somewhere else: below its node, where that is in sight. */
function startOf(from: string, held: Element): { x: number; y: number } {
  const box = (document.querySelector(`[data-node="${CSS.escape(from)}"]`) ?? held).getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.bottom };
}

/** Drag the end of an edge to another node. Escape, or letting go elsewhere, leaves it where it was. */
export function lead(event: PointerEvent, from: string, onDropped: (node: string) => void): void {
  if (event.button !== 0) return;
  const begun = { x: event.clientX, y: event.clientY };
  const start = startOf(from, event.currentTarget);
  const sheet = document.createElementNS(SVG, "svg");
  sheet.setAttribute("class", "leading");
  const line = sheet.appendChild(document.createElementNS(SVG, "line"));
  let over: HTMLElement | null = null;
  const aim = (node: HTMLElement | null) => {
    over?.classList.remove("is-aimed-at");
    over = node;
    over?.classList.add("is-aimed-at");
  };
  const onMove = ({ clientX: x, clientY: y }: globalThis.PointerEvent) => {
    if (!sheet.isConnected && Math.hypot(x - begun.x, y - begun.y) < MOVED) return;
    if (!sheet.isConnected) document.body.append(sheet);
    for (const [name, value] of Object.entries({ x1: start.x, y1: start.y, x2: x, y2: y })) line.setAttribute(name, String(value));
    aim(nodeAt(x, y));
  };
  const end = () => {
    aim(null);
    sheet.remove();
    stop.abort();
  };
  const onUp = () => {
    const node = over?.dataset.node;
    end();
    if (node !== undefined) onDropped(node);
  };
  const onKey = (pressed: globalThis.KeyboardEvent) => {
    if (pressed.key !== "Escape") return;
    pressed.stopPropagation();
    end();
  };
  const stop = new AbortController();
  const { signal } = stop;
  window.addEventListener("pointermove", onMove, { signal });
  window.addEventListener("pointerup", onUp, { signal });
  window.addEventListener("pointercancel", end, { signal });
  window.addEventListener("keydown", onKey, { signal, capture: true });
}
