import type { Run } from "../runs/run";
import { ask, part } from "./client";
import type { Finding, Json, JsonObject, OutcomeKind } from "./types";

export interface Missing {
  node: string;
  visit: number;
  attempt: number;
  method: string;
  path: string;
  sentences: string[];
  outcomes: { name: string; kind: OutcomeKind; description: string | null; to: string | null; answer: Json }[];
}

export interface Recording {
  recording: string;
  flow: string;
  trigger?: JsonObject;
  variables?: JsonObject;
  responses: Record<string, Json[]>;
}

export interface DryRun {
  run: Run;
  missing: Missing | null;
  recording: Recording;
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
}

export const dryRun = (body: DryRunRequest, signal: AbortSignal) => ask<DryRun>("POST", "studio/dry-run", { body, signal });

/** What a refused dry-run has: the flow's errors. */
export interface InvalidFlow {
  findings?: Finding[];
}

export interface RecordingSummary {
  name: string;
  path: string;
  title: string | null;
  trigger: string | null;
  status: "passed" | "failed" | "broken" | "no-expectation";
  differences: string[];
}

export const listRecordings = async (flow: string) => (await ask<{ recordings: RecordingSummary[] }>("GET", `studio/flows/${part(flow)}/recordings`)).recordings;

export const saveRecording = (flow: string, name: string, recording: Recording) => ask<{ path: string; text: string }>("POST", "studio/recordings", { body: { flow, name, recording } });

export interface Project {
  folder: string;
  environments: { name: string; default: boolean; integrations: { name: string; baseUrl: string; oauth: boolean }[] }[];
  triggers: { name: string; path: string; channel: string | null; data: JsonObject }[];
  recordings: { name: string; flow: string; path: string }[];
  git: boolean;
}

export const project = () => ask<Project>("GET", "studio/project");
