import type { Run } from "../runs/run";
import { ask, part, type ApiError } from "./client";
import type { Finding, Json, JsonObject, OutcomeKind } from "./types";

export interface Missing {
  node: string;
  visit: number;
  attempt: number;
  method: string;
  path: string;
  sentences: string[];
  outcomes: Offer[];
  request: JsonObject | null;
  integration: string | null;
  authorization: string | null;
  /** What a node waits for: what the flow calls each event, and its key. */
  events: { label: string; key: string }[];
  /** How long is waited at most; null where nothing ends it. */
  seconds: number | null;
  /** Where the answer is missing in a flow that was called: which, by which node, how far it came, what it may come back with. */
  inside: { flow: string; node: string; path: string[]; outcomes: Offer[] } | null;
}

/** An outcome, and an answer that leads to it. */
export interface Offer {
  name: string;
  kind: OutcomeKind;
  description: string | null;
  to: string | null;
  answer: Json;
}

export interface Recording {
  recording: string;
  flow: string;
  trigger?: JsonObject;
  variables?: JsonObject;
  responses?: Record<string, Json[]>;
}

export interface DryRun {
  run: Run;
  missing: Missing | null;
  /** The walk as a recording; null where it can be none, which the notes say. */
  recording: Recording | null;
  notes: string[];
  findings: Finding[];
  unused: Record<string, number>;
  differences: string[];
  over: boolean;
}

export interface DryRunRequest {
  text: string;
  path: string | null;
  recording?: string | Recording;
  trigger?: JsonObject;
  variables?: JsonObject;
  answers?: Record<string, Json[]>;
  choices?: Record<string, string>;
  from?: { node: string; outputs: JsonObject };
  until?: number;
}

export const dryRun = (body: DryRunRequest, signal: AbortSignal) => ask<DryRun>("POST", "studio/dry-run", { body, signal });

/** What a refused dry-run has: what is wrong with the flow, or with the recording. */
export const findingsOf = (error: ApiError | null): Finding[] => (error?.body as { error?: { findings?: Finding[] } } | null | undefined)?.error?.findings ?? [];

export interface RecordingSummary {
  name: string;
  path: string;
  title: string | null;
  trigger: string | null;
  status: "passed" | "failed" | "broken" | "no-expectation";
  differences: string[];
  findings: string[];
}

export const listRecordings = async (flow: string) => (await ask<{ recordings: RecordingSummary[] }>("GET", `studio/flows/${part(flow)}/recordings`)).recordings;

/** Save a recording; over one that is there only where that was agreed to. */
export const saveRecording = (flow: string, name: string, recording: Recording & { title?: string }, replace: boolean) => ask<{ path: string; text: string }>("POST", "studio/recordings", { body: { flow, name, recording, replace } });

/** Let a recording be made, and saved, in which a node comes back with an outcome. */
export const makeRecording = (flow: string, node: string, outcome: string) => ask<{ path: string; name: string; title: string }>("POST", "studio/recordings/made", { body: { flow, node, outcome } });

export interface Project {
  folder: string;
  environments: { name: string; default: boolean; integrations: { name: string; baseUrl: string; oauth: boolean }[] }[];
  triggers: { name: string; path: string; channel: string | null; data: JsonObject }[];
  recordings: { name: string; flow: string; path: string }[];
  git: boolean;
}

export const project = () => ask<Project>("GET", "studio/project");
