import type { After, Graph, NodeOutcome, Operation } from "../api/types";
import { END_ERROR, END_SUCCESS } from "./Palette";

/** Return an id that is not taken: short for the flow's reader, with a number where there are more of a kind. */
export function newId(graph: Graph, wanted: string): string {
  const taken = new Set(graph.nodes.map((node) => node.id));
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}-${number}`)) number++;
  return `${wanted}-${number}`;
}

const STEMS = new Map([
  [END_SUCCESS, "done"],
  [END_ERROR, "failed"],
  ["add-participant", "add-participant"],
  ["remove-participant", "remove-participant"],
  ["http-request", "request"],
  ["data-parser", "parse"],
  ["set-variables", "set"],
  ["call-flow", "call"],
]);

/** `search-conversation` becomes the node `search`. */
export const stem = (choice: string) => STEMS.get(choice) ?? choice.split("-")[0] ?? choice;

/** Return how something of the palette is added, and the id it will have. */
export function adding(graph: Graph, choice: string, after?: After): { operation: Operation; id: string } {
  const id = newId(graph, stem(choice));
  const place = after ? { after } : {};
  if (choice === END_SUCCESS) return { operation: { op: "add-end", end: "success", id, ...place }, id };
  if (choice === END_ERROR) return { operation: { op: "add-end", end: "error", id, ...place }, id };
  return { operation: { op: "add-node", type: choice, id, ...place }, id };
}

/** Whether an outcome has no edge of its own: where others of the kind lead is no more than a net below it. */
export const isOpen = (outcome: NodeOutcome) => outcome.to === null || outcome.fallThrough;

/** Return the outcome behind which a new node goes: the first success that leads nowhere yet. */
export function nextOutcome(outcomes: readonly NodeOutcome[]): string | null {
  return outcomes.find((one) => one.kind === "success" && isOpen(one))?.name ?? null;
}
