import { ask, part } from "./client";
import type { Doc, EditedDoc, FlowSummary, NodeForm, NodeType, Operation, Point, Positions } from "./types";

export const listFlows = async () => (await ask<{ flows: FlowSummary[] }>("GET", "flows")).flows;

export const listNodeTypes = async () => (await ask<{ nodes: NodeType[] }>("GET", "nodes")).nodes;

export const openFlow = (id: string) => ask<Doc>("GET", `studio/flows/${part(id)}`);

interface Written {
  text: string;
  path: string | null;
  positions?: Positions;
  judge?: boolean;
}

export const readDocument = (written: Written, signal?: AbortSignal) =>
  ask<Doc>("POST", "studio/document", { body: written, ...(signal ? { signal } : {}) });

export const editDocument = (written: Written, operations: Operation[]) =>
  ask<EditedDoc>("POST", "studio/edit", { body: { ...written, operations } });

export const saveFlow = (id: string, text: string, base: string, baseText: string) =>
  ask<Doc>("PUT", `studio/flows/${part(id)}`, { body: { text, base, baseText } });

export const createFlow = (path: string, text: string) => ask<Doc>("POST", "studio/flows", { body: { path, text } });

export const movePositions = (id: string, positions: Record<string, Point | null>) =>
  ask<{ positions: Positions }>("PUT", `studio/flows/${part(id)}/positions`, { body: { positions } });

export const nodeForm = (text: string, path: string | null, node: string, signal?: AbortSignal) =>
  ask<NodeForm>("POST", "studio/form", { body: { text, path, node }, ...(signal ? { signal } : {}) });

/** What a 409 of `saveFlow` has. */
export interface Conflict {
  disk: Doc;
  merged: string | null;
  conflicts: { base: [number, number]; disk: [number, number]; mine: [number, number] }[];
}

/** What tells the text on the disk from another one. */
export const diskVersion = async (id: string) => (await ask<{ digest: string }>("GET", `flows/${part(id)}`)).digest;

export const listAuthorizationNames = async () => (await ask<{ authorizations: { name: string }[] }>("GET", "studio/authorizations")).authorizations.map((one) => one.name);
