import type { After, Graph, NodeForm, NodeOutcome, NodeType, Operation } from "../api/types";
import type { Choice } from "../parts/Chooser";
import { iconOf } from "../parts/icons";
import { strings } from "../strings";

const text = strings.palette;

const END_SUCCESS = "end:success";
const END_ERROR = "end:error";

/** What can be put into a flow: the node types by integration, and the two kinds of ends. */
export function palette(types: readonly NodeType[]): Choice[] {
  const nodes = types.map(
    (type): Choice => ({ id: type.node, label: type.title, aside: type.recommended, icon: iconOf(type.node), group: type.integration ?? text.builtIn }),
  );
  nodes.sort((left, right) => Number(left.group !== text.builtIn) - Number(right.group !== text.builtIn));
  return [
    ...nodes,
    { id: END_SUCCESS, label: text.endSuccess, icon: "check", group: text.ends, tone: "success" },
    { id: END_ERROR, label: text.endError, icon: "cross", group: text.ends, tone: "error" },
  ];
}

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

/** Return where a new node goes: behind the first success of the selected one that leads nowhere yet. */
export function nextPlace(form: NodeForm | null): Required<After> | null {
  const outcome = form?.outcomes.find((one) => one.kind === "success" && isOpen(one))?.name;
  return form && outcome !== undefined ? { node: form.node, outcome } : null;
}
