import type { Graph, Json, JsonObject } from "../api/types";
import { edgeKey } from "../canvas/bundles";
import type { EdgeMark, NodeMark, Overlay } from "../canvas/overlay";
import { strings } from "../strings";

export interface Attempt {
  number: number;
  outcome: string;
  reason: string | null;
  status: number | null;
  startedAt: string;
  durationMs: number;
  key?: string | null;
  request?: JsonObject | null;
  answer?: Json;
  rule?: JsonObject | null;
}

export interface Step {
  node: string;
  type: string;
  visit: number;
  attempts: Attempt[];
  outcome: string;
  reason: string | null;
  edge: { label: string; to: string; fallThrough: boolean } | null;
  inputs: JsonObject | null;
  outputs: JsonObject;
  set: JsonObject;
  startedAt: string;
  durationMs: number;
  request?: JsonObject | null;
  answer?: Json;
  requests?: (JsonObject & { attempt: number })[];
  answers?: { attempt: number; answer: Json }[];
  rule?: JsonObject | null;
  before?: JsonObject;
  after?: JsonObject;
  /** Of kept runs, in place of `before` and `after`. */
  variables?: { before: JsonObject; after: JsonObject };
  chosen?: boolean;
  integration?: string | null;
  authorization?: string | null;
  /** What choosing another outcome does: gives another answer, sets aside what was computed, or nothing. */
  choosing?: "answer" | "override" | "nothing";
  /** What would have to be true for the outcomes of a node that computes; "" where nothing can be. */
  takes?: Record<string, string>;
  /** The runs of flows that were called, and walked with this one. */
  called?: CalledRun[];
}

export interface CalledRun {
  flow: string;
  result: "success" | "error" | null;
  path: string[];
  steps: Step[];
}

export type RunStatus = "running" | "waiting" | "succeeded" | "failed" | "cancelled";

export interface Run {
  id: string;
  flow: string;
  status: RunStatus;
  result: "success" | "error" | null;
  reason: string | null;
  path: string[];
  steps: Step[];
  variables: JsonObject;
}

export const before = (step: Step): JsonObject => step.before ?? step.variables?.before ?? {};
export const after = (step: Step): JsonObject => step.after ?? step.variables?.after ?? {};

/** Return what the nodes had given before a step, by node: what references read. */
export function outputsBefore(run: Run, step: number): JsonObject {
  const given = run.steps.slice(0, step).map((one): [string, Json] => [one.node, { ...one.outputs, outcome: one.outcome }]);
  return Object.fromEntries(given);
}

/** Where the token stands after `at` steps: at the node of the last one, at the end that it led to once all are taken. */
export function tokenAt(run: Run, at: number, start: string): string {
  const step = run.steps[at - 1];
  return step ? (step.edge?.to ?? step.node) : (run.path[0] ?? start);
}

/** Return what is shown on the picture once `at` steps have been taken: where the token has been, and where it is. */
export function overlayAt(run: Run, at: number, graph: Graph): Overlay {
  const nodes = new Map<string, NodeMark>();
  const edges = new Map<string, EdgeMark>();
  const visits = new Map<string, number>();
  run.steps.slice(0, at).forEach((step, number) => {
    visits.set(step.node, (visits.get(step.node) ?? 0) + 1);
    const failed = !step.edge || step.attempts.at(-1)?.outcome === "onError";
    nodes.set(step.node, { tone: failed ? "failed" : "visited" });
    if (!step.edge) return;
    const key = edgeKey(step.node, takenOutcome(step, graph));
    edges.set(key, { tone: number === at - 1 ? "current" : "visited", count: (edges.get(key)?.count ?? 0) + 1 });
    if (graph.nodes.some((node) => node.id === step.edge?.to && node.kind === "end")) nodes.set(step.edge.to, { tone: "visited" });
  });
  for (const [node, count] of visits) {
    const mark = nodes.get(node);
    if (mark) nodes.set(node, { ...mark, ...(count > 1 ? { badge: `×${count}` } : {}), spoken: strings.run.visited(count) });
  }
  const token = tokenAt(run, at, graph.start);
  const tone = run.status === "waiting" && at === run.steps.length ? "waiting" : "current";
  nodes.set(token, { ...nodes.get(token), tone, spoken: strings.run.tokenIsHere });
  return { nodes, edges, dims: true };
}

/** Return which outcome's edge a step left by: its own, or that of the fall-through. */
function takenOutcome(step: Step, graph: Graph): string {
  const own = graph.edges.find((edge) => edge.from === step.node && edge.outcome === step.outcome && edge.to === step.edge?.to);
  if (own) return own.outcome;
  return graph.edges.find((edge) => edge.from === step.node && edge.to === step.edge?.to && (edge.label === step.edge.label || edge.outcome === step.edge.label))?.outcome ?? step.outcome;
}

export interface Change {
  name: string;
  state: "added" | "removed" | "changed" | "same";
  before: Json | undefined;
  after: Json | undefined;
}

/** Return how variables differ, what has changed first. */
export function changes(left: JsonObject, right: JsonObject): Change[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const read = (object: JsonObject, name: string) => (Object.hasOwn(object, name) ? object[name] : undefined);
  const found = names.map((name): Change => {
    const [was, is] = [read(left, name), read(right, name)];
    const state = was === undefined ? "added" : is === undefined ? "removed" : JSON.stringify(was) === JSON.stringify(is) ? "same" : "changed";
    return { name, state, before: was, after: is };
  });
  return found.sort((one, other) => Number(one.state === "same") - Number(other.state === "same"));
}
