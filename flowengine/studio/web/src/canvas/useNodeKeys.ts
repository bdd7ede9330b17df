import type { KeyboardEvent } from "react";
import type { Graph } from "../api/types";
import { go, link } from "../app/routes";
import { lettersOn, useShortcuts } from "../app/shortcuts";
import { neighbour } from "./moving";
import { frameOf, nameOf, outermost } from "./subflows";

interface Props {
  graph: Graph;
  visible: ReadonlySet<string>;
  selected: string | null;
  onSelect: (node: string | null) => void;
  onOpen: ((node: string) => void) | undefined;
  /** Opens and closes what a node calls. */
  toggle: (node: string) => void;
}

/** What is inside a call is there to be read: it is not selected, and opening it leads to where it can be changed. */
export function useNodeKeys({ graph, visible, selected, onSelect, onOpen, toggle }: Props) {
  const choose = (node: string) => onSelect(outermost(node));
  const open = (node: string) => {
    const frame = frameOf(node);
    const called = graph.nodes.find((one) => one.id === frame)?.flow;
    if (frame === "") onOpen?.(node);
    else if (called != null) go(link(["flows", called], { node: nameOf(node) }));
  };
  useShortcuts({ o: () => selected !== null && toggle(selected) });
  const callOf = (node: string) => (graph.nodes.find((one) => one.id === node)?.flow == null && frameOf(node) !== "" ? frameOf(node) : node);
  const onPlainKey = (id: string, key: string): boolean => {
    const next = neighbour(graph, visible, id, key);
    if (next !== null) {
      if (frameOf(next) === "") onSelect(next);
      focusNode(next);
    } else if (key === "o" && lettersOn()) {
      const call = callOf(id);
      toggle(call);
      focusNode(call);
    } else if (key === "Enter" || key === " ") {
      if (key === "Enter" && (selected === id || frameOf(id) !== "")) open(id);
      else choose(id);
    } else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (!target.hasAttribute("data-node") || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (onPlainKey(target.dataset.node ?? "", event.key)) event.preventDefault();
  };
  return { choose, open, onKeyDown };
}

/**
 * Let the keys go to a node. One that has just come into sight may have to be drawn first. Who has gone elsewhere since
 * `before` had the keys stays there.
 */
export function focusNode(id: string, before = document.activeElement, tries = 30): void {
  const at = document.activeElement;
  if (at !== before && at !== document.body) return;
  const node = document.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
  if (node) node.focus({ preventScroll: true });
  else if (tries > 0) requestAnimationFrame(() => focusNode(id, before, tries - 1));
}
