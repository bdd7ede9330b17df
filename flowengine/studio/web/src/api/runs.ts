import type { Attempt, Run, RunStatus, Step } from "../runs/run";
import { ask, part } from "./client";
import { unfolded, type SentGraph } from "./graphs";
import type { Graph, Json, JsonObject } from "./types";

/** A run as a list shows it. */
export interface KeptRun {
  id: string;
  flow: string;
  status: RunStatus;
  result: "success" | "error" | null;
  reason: string | null;
  startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  environment: string | null;
  source: string | null;
  waitingUntil: string | null;
  retryOf: { run: string; node: string } | null;
  cancelAskedAt: string | null;
}

export interface WholeRun extends Run, KeptRun {
  id: string;
  flow: string;
  status: RunStatus;
  result: "success" | "error" | null;
  reason: string | null;
  trigger: Json;
  underWay: { node: string; attempts: Attempt[] } | null;
}

export interface Awaits {
  kind: "time" | "events" | "run";
  node: string;
  events: AwaitedEvent[];
  run: string | null;
}

/** An event that a run waits for. `sample` is what it may come with; null where only a service can bring it. */
export interface AwaitedEvent {
  key: string;
  outcome: string | null;
  kind: string;
  name: string;
  /** Under which name a channel's variables stand in it. */
  root: string | null;
  sample: Json;
}

/** The picture of a run, and what else the page wants to know of it. */
export interface RunPicture {
  /** The file of its flow, as long as that is still what was walked. */
  path: string | null;
  graph: Graph | null;
  awaits: Awaits | null;
  calledBy: string | null;
  queued: boolean;
  children: KeptRun[];
  /** Runs that took over the beginning of this one. */
  retries: KeptRun[];
}

/** The end of a called run's id says where it was called from; of others the beginning is enough. */
export const shortId = (id: string): string => (id.length > 33 ? id.slice(33) : id.slice(0, 8));

export const STATUSES: readonly RunStatus[] = ["running", "waiting", "succeeded", "failed", "cancelled"];

export interface RunFilter {
  status: readonly RunStatus[];
  flow: string;
  since: string;
  text: string;
}

export interface RunPage {
  runs: KeptRun[];
  counts: Record<RunStatus, number>;
}

export const PAGE = 50;

export const listRuns = ({ status, flow, since, text }: RunFilter, before: string | null = null, limit = PAGE) =>
  ask<RunPage>("GET", "runs", { query: { status, flow, since, text, before, limit } });

export const showRun = async (id: string) => (await ask<{ run: WholeRun }>("GET", `runs/${part(id)}`)).run;

export async function runPicture(id: string): Promise<RunPicture> {
  const picture = await ask<Omit<RunPicture, "graph"> & { graph: SentGraph | null }>("GET", `studio/runs/${part(id)}`);
  return { ...picture, graph: picture.graph && unfolded(picture.graph) };
}

export interface NewRun {
  flow: string;
  trigger?: Json;
  variables?: JsonObject;
  environment?: string;
}

export const startRun = (body: NewRun) => ask<{ id: string }>("POST", "runs", { body });

export const cancelRun = (id: string) => ask<{ state: "stopped" | "asked" }>("POST", `runs/${part(id)}/cancel`);

export const retryRun = (id: string, node: string) => ask<{ id: string }>("POST", `runs/${part(id)}/retry`, { body: { node } });

export const sendToRun = (id: string, key: string, body: Json) => ask<{ state: string; runs: string[] }>("POST", `studio/runs/${part(id)}/event`, { body: { key, body } });

/** What two runs walked as one picture; none where that was one version. */
export const compareWalked = (id: string, other: string) => ask<{ sameVersion: boolean; graph: Graph | null }>("GET", `studio/runs/${part(id)}/compare`, { query: { with: other } });

export const recordRun = (id: string, name: string) => ask<{ path: string; text: string; notes: string[] }>("POST", `studio/runs/${part(id)}/recording`, { body: { name } });

/** An event of `GET /api/live`. */
export interface LiveStep {
  run: string;
  flow: string;
  step: Step;
}

export interface Heat {
  runs: number;
  open: number;
  unread: number;
  nodes: Record<string, { visits: number; medianMs: number | null; p95Ms: number | null; totalMs: number; waiting: number }>;
  edges: { from: string; outcome: string; label: string; to: string; times: number }[];
}

export const heatOf = (flow: string, since: string) => ask<Heat>("GET", `studio/flows/${part(flow)}/heat`, { query: { since, limit: 1000 } });

export interface Coverage {
  cases: number;
  shares: Record<"nodes" | "ownEdges" | "outcomes" | "fallThrough", { covered: number; total: number; percent: number }>;
  nodes: Record<string, number>;
  /** By node: the recordings that come there. */
  visitedBy: Record<string, string[]>;
  /** An edge, the outcomes that lead along it, how often each came, and the recordings that take it. */
  edges: { from: string; outcomes: string[]; counts: number[]; label: string; to: string; times: number; default: boolean; recordings: string[] }[];
}

export const coverageOf = (flow: string) => ask<Coverage>("GET", `studio/flows/${part(flow)}/coverage`);
