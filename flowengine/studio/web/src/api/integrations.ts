import { ask, part } from "./client";
import type { Json, JsonObject, OutcomeKind, Schema } from "./types";

export type AuthorizationKind = "authorization-code" | "client-credentials" | "bearer" | "basic" | "header" | "signing-secret";

export interface Use {
  path: string;
  flow: string;
  node: string;
  environments: string[];
}

export interface Authorization {
  name: string;
  kind: AuthorizationKind;
  integration: string | null;
  state: "pending" | "authorized" | "expired" | "needs re-authorization";
  reason: string | null;
  hosts: string[];
  scopes: string[];
  expiresAt: string | null;
  createdAt: string | null;
  authorizedAt: string | null;
  lastUsedAt: string | null;
  uses: Use[];
}

export const listAuthorizations = async () => (await ask<{ authorizations: Authorization[] }>("GET", "studio/authorizations")).authorizations;

export interface NewAuthorization {
  name: string;
  kind: AuthorizationKind;
  [field: string]: string | string[];
}

export const addAuthorization = (body: NewAuthorization) => ask<Authorization>("POST", "studio/authorizations", { body });

export const authorize = (name: string) => ask<{ url: string | null }>("POST", `studio/authorizations/${part(name)}/authorize`);

export interface Deletion {
  deleted: string | null;
  usedBy: Use[];
  revoked: boolean | null;
}

export const deleteAuthorization = (name: string, dry: boolean) => ask<Deletion>("DELETE", `studio/authorizations/${part(name)}`, { query: { dry: String(dry) } });

export interface Asset {
  id: string;
  channel: string;
  address: string;
  name: string;
}

export interface Stream {
  name: string;
  title: string;
  description: string;
  environment: string;
  enabled: boolean;
  assets: "all" | Asset[];
  channels: "all" | string[];
  authorization: string;
  events: string[];
  changedAt: string | null;
  warnings: string[];
  pending: number;
  delivered: number;
  dead: number;
  lagMs: number;
  lastError: { number: number; event: string; reason: string | null; at: string | null; attempts: number; state: string } | null;
  closedFor: string | null;
  tenant: Tenant | null;
}

export interface Tenant {
  mayStream: boolean | null;
  reason: string | null;
  assets: Asset[] | null;
}

/** Ask the other side: which assets there are to choose from. */
export const askTenant = () => ask<Tenant>("GET", "studio/streams/tenant");

export interface StreamChange {
  enabled?: boolean;
  assets?: "all" | string[];
  channels?: "all" | string[];
  authorization?: string;
}

export const listStreams = async () => (await ask<{ streams: Stream[] }>("GET", "streams")).streams;

export const changeStream = async (name: string, body: StreamChange) => (await ask<{ stream: Stream }>("PATCH", `streams/${part(name)}`, { body })).stream;

export const testStream = (name: string) => ask<{ delivered: boolean; reason: string | null; event: string | null }>("POST", `streams/${part(name)}/test`);

export interface DeadLetter {
  number: number;
  event: string;
  conversation: string | null;
  at: string;
  attempts: number;
  triedAt: string | null;
  reason: string | null;
  body: Json;
}

export const listDead = async (name: string) => (await ask<{ events: DeadLetter[] }>("GET", `streams/${part(name)}/dead`)).events;

export const resend = (name: string, numbers: number[] | null) => ask<{ resent: number }>("POST", `streams/${part(name)}/resend`, { body: numbers === null ? {} : { numbers } });

export interface StreamUser {
  flow: string;
  path: string;
  nodes: string[];
}

export const listStreamUsers = async () => (await ask<{ flows: StreamUser[] }>("GET", "studio/streams/users")).flows;

export type EventState = "taken" | "started" | "late" | "unknown";

export const EVENT_STATES: readonly EventState[] = ["taken", "started", "late", "unknown"];

export interface InboundEvent {
  number: number;
  id: string;
  name: string;
  source: string;
  state: EventState;
  run: string | null;
  runs: string[];
  keys: string[];
  conversation: string | null;
  at: string;
  copies: number;
  body: Json;
}

export interface EventPage {
  events: InboundEvent[];
  counts: Record<EventState, number>;
}

export const listEvents = (state: readonly EventState[], text: string, before: number | null = null) => ask<EventPage>("GET", "events", { query: { state, text, before } });

export const postEvent = (name: string, key: string, body: Json) => ask<{ state: string; runs: string[] }>("POST", `events/${part(name)}`, { body: { key, body } });

export interface NodeVersionPage {
  node: string;
  version: string;
  versions: string[];
  recommended: string;
  authorization: { required: boolean; kinds: string[] } | null;
  inputs: Schema;
  outputs: Record<string, JsonObject>;
  outcomes: Record<string, { kind: OutcomeKind; aliases: string[]; description: string | null }>;
  example: Json;
}

export const showNodeType = (name: string, version: string) => ask<NodeVersionPage>("GET", `nodes/${part(name)}`, { query: { version } });
