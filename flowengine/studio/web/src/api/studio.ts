import { ApiError, ask, part } from "./client";
import { unfolded, type SentGraph } from "./graphs";
import type { AuthorizationState } from "./integrations";
import type { Doc, EditedDoc, Finding, FlowForm, FlowSummary, NodeForm, NodeType, Operation, Point, Positions } from "./types";

export const listFlows = async () => (await ask<{ flows: FlowSummary[] }>("GET", "flows")).flows;

export const listNodeTypes = async () => (await ask<{ nodes: NodeType[] }>("GET", "nodes")).nodes;

type Sent<T extends Doc> = Omit<T, "graph"> & { graph: SentGraph | null };

const docOf = <T extends Doc>({ graph, ...rest }: Sent<T>) => ({ ...rest, graph: graph && unfolded(graph) }) as T;

/** Open a flow; what is wrong with it takes longer to find, and is asked for by `findingsOf`. */
export const openFlow = async (id: string) => docOf(await ask<Sent<Doc>>("GET", `studio/flows/${part(id)}`, { query: { judge: false } }));

interface Written {
  text: string;
  path: string | null;
  positions?: Positions;
  judge?: boolean;
}

export const readDocument = async (written: Written) => docOf(await ask<Sent<Doc>>("POST", "studio/document", { body: written }));

export const findingsOf = async (text: string, path: string | null) => (await ask<{ findings: Finding[] }>("POST", "studio/findings", { body: { text, path } })).findings;

export const editDocument = async (written: Written, operations: Operation[]) =>
  docOf(await ask<Sent<EditedDoc>>("POST", "studio/edit", { body: { ...written, operations } }));

export const saveFlow = async (id: string, text: string, base: string, baseText: string, positions: Positions) =>
  docOf(await ask<Sent<Doc>>("PUT", `studio/flows/${part(id)}`, { body: { text, base, baseText, positions, judge: false } }));

export const createFlow = async (path: string, text: string) => docOf(await ask<Sent<Doc>>("POST", "studio/flows", { body: { path, text } }));

export const movePositions = (id: string, positions: Record<string, Point | null>) =>
  ask<{ positions: Positions }>("PUT", `studio/flows/${part(id)}/positions`, { body: { positions } });

export const nodeForm = (text: string, path: string | null, node: string, signal?: AbortSignal) =>
  ask<NodeForm>("POST", "studio/form", { body: { text, path, node }, ...(signal ? { signal } : {}) });

export const flowForm = (text: string, path: string | null, signal?: AbortSignal) =>
  ask<FlowForm>("POST", "studio/form", { body: { text, path, node: null }, ...(signal ? { signal } : {}) });

/** What a 409 of `saveFlow` has. */
export interface Conflict {
  disk: Doc;
  merged: string | null;
  conflicts: { base: [number, number]; disk: [number, number]; mine: [number, number] }[];
}

/** Return what a refusal to save says; null where it was refused for something else. */
export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof ApiError) || error.code !== "changed-on-disk") return null;
  const body = error.body as Omit<Conflict, "disk"> & { disk: Sent<Doc> };
  return { ...body, disk: docOf(body.disk) };
}

/** What tells the text on the disk from another one. */
export const diskVersion = async (id: string) => (await ask<{ digest: string }>("GET", `flows/${part(id)}`)).digest;

/** An authorization that a flow can name, and by environment where it leads. No state: nothing of the name is stored here. */
export interface NamedAuthorization {
  name: string;
  state: AuthorizationState | null;
  environments: { name: string; to: string; state: AuthorizationState | null }[];
}

export const listAuthorizationNames = async () => (await ask<{ authorizations: NamedAuthorization[] }>("GET", "studio/authorization-names")).authorizations;
