import { ask, part } from "./client";
import type { ChangeState, Graph } from "./types";

export type Side = { text: string; path?: string | null } | { flow: string; path?: string; revision?: string };

export interface Change {
  what: "node" | "edge" | "variable" | "flow";
  state: Exclude<ChangeState, "same">;
  node: string | null;
  text: string;
}

export interface ComparedSide {
  title: string | null;
  /** What keeps the text from being read as a whole. */
  problem: string | null;
}

export interface Comparison extends Graph {
  changes: Change[];
  left: ComparedSide;
  right: ComparedSide;
}

export const compareSides = (left: Side, right: Side) => ask<Comparison>("POST", "studio/compare", { body: { left, right } });

export interface Revision {
  revision: string;
  short: string;
  author: string;
  at: string;
  subject: string;
}

export const listRevisions = (flow: string) => ask<{ revisions: Revision[]; reason: string | null; clean: boolean }>("GET", `studio/flows/${part(flow)}/revisions`);
