import { Panel, useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef, type ReactNode } from "react";
import { useShortcuts } from "../app/shortcuts";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import { FIT } from "./Canvas";
import { Legend } from "./Legend";
import { useBringIntoSight, duration } from "./bringing";
import { DEFAULTS } from "./useCanvasNodes";

const text = strings.canvas;

interface Props {
  onSearch: () => void;
  errorsPutAway?: { on: boolean; toggle: () => void };
  defaults?: { on: boolean; toggle: () => void };
  /** A node that is brought into sight when it is out of it. */
  selected?: string | null;
  /** A node that is brought to the middle. */
  sought: { node: string; count: number } | null;
  children?: ReactNode;
}

/** The tools on the canvas: zoom, fit, search, what is put away. */
export function CanvasTools({ onSearch, errorsPutAway, defaults, selected = null, sought, children }: Props): ReactNode {
  const flow = useReactFlow();
  const bring = useBringIntoSight();
  const fit = () => void flow.fitView({ ...FIT, duration: duration() });
  const zoom = (by: "in" | "out") => void (by === "in" ? flow.zoomIn({ duration: duration() / 2 }) : flow.zoomOut({ duration: duration() / 2 }));
  useShortcuts({
    "/": onSearch,
    f: fit,
    "+": () => zoom("in"),
    "=": () => zoom("in"),
    "-": () => zoom("out"),
    ...(errorsPutAway ? { e: errorsPutAway.toggle } : {}),
    ...(defaults ? { d: defaults.toggle } : {}),
  });
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  // The first selection comes with the page, which is fitted into view first.
  const isFitted = useRef(false);
  useEffect(() => {
    if (width === 0 || selected === null) return undefined;
    if (isFitted.current) {
      bring(selected);
      return undefined;
    }
    const frame = requestAnimationFrame(() => {
      isFitted.current = true;
      bring(selected);
    });
    return () => cancelAnimationFrame(frame);
  }, [selected, bring, width, height]);
  const defaultsShown = defaults?.on ?? false;
  useEffect(() => {
    if (!defaultsShown) return;
    const frame = requestAnimationFrame(() => bring(DEFAULTS));
    return () => cancelAnimationFrame(frame);
  }, [defaultsShown, bring]);
  useEffect(() => {
    if (!sought) return;
    const node = flow.getNode(sought.node);
    if (!node) return;
    const zoomed = Math.max(flow.getZoom(), 0.75);
    void flow.setCenter(node.position.x + (node.width ?? 0) / 2, node.position.y + (node.height ?? 0) / 2, { zoom: zoomed, duration: duration() });
  }, [sought, flow]);
  return (
    <>
      <Panel position="top-left" className="tools">
        <Button icon="search" look="quiet" label={text.search} keys="/" onClick={onSearch} />
        <Button icon="fit" look="quiet" label={text.fit} keys="f" onClick={fit} />
        <Button icon="plus" look="quiet" label={text.zoomIn} keys="+" onClick={() => zoom("in")} />
        <Button icon="minus" look="quiet" label={text.zoomOut} keys="-" onClick={() => zoom("out")} />
        {errorsPutAway && (
          <Button look="quiet" aria-pressed={errorsPutAway.on} onClick={errorsPutAway.toggle} title={`${text.putErrorsAway} (e)`}>
            {text.errors}
          </Button>
        )}
        {defaults && (
          <Button look="quiet" aria-pressed={defaults.on} onClick={defaults.toggle} title={`${text.showDefaults} (d)`}>
            {text.defaults}
          </Button>
        )}
        {children}
        <Legend />
      </Panel>
    </>
  );
}
