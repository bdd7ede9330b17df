import { ask, part } from "./client";
import type { Json, JsonObject, OutcomeKind, Schema, VersionChange } from "./types";

export type AuthorizationKind = "authorization-code" | "client-credentials" | "bearer" | "basic" | "header" | "signing-secret";

export interface Use {
  path: string;
  flow: string;
  node: string;
  environments: string[];
}

/** What names an authorization beside flows. */
export interface SettingUse {
  what: "channel" | "callbacks" | "stream";
  of: string;
  environment: string;
}

export interface Login {
  open: boolean;
  failed: string | null;
}

export type AuthorizationState = "pending" | "authorized" | "expired" | "needs re-authorization";

export interface Authorization {
  name: string;
  kind: AuthorizationKind;
  integration: string | null;
  state: AuthorizationState;
  reason: string | null;
  hosts: string[];
  scopes: string[];
  clientId: string | null;
  username: string | null;
  header: string | null;
  authorizeUrl: string | null;
  tokenUrl: string | null;
  revokeUrl: string | null;
  renews: boolean;
  login: Login;
  expiresAt: string | null;
  createdAt: string | null;
  authorizedAt: string | null;
  lastUsedAt: string | null;
  uses: Use[];
  settings: SettingUse[];
}

/** A name that is used, and that is not there. */
export interface MissingName {
  name: string;
  state: "missing" | "deleted" | "sandbox";
  deletedAt: string | null;
  environments: string[];
  integration: string | null;
  kinds: AuthorizationKind[];
  uses: Use[];
  settings: SettingUse[];
}

export interface AuthorizationList {
  authorizations: Authorization[];
  missing: MissingName[];
  unread: string[];
}

export const listAuthorizations = () => ask<AuthorizationList>("GET", "studio/authorizations");

export type StateOf = Pick<Authorization, "state" | "reason" | "login">;

export const listStates = async () => Object.entries((await ask<{ states: Record<string, StateOf> }>("GET", "studio/authorization-states")).states);

export type Given = Record<string, string | string[]>;

export const addAuthorization = (body: Given) => ask<Authorization>("POST", "studio/authorizations", { body });

export const changeAuthorization = (name: string, body: Given) => ask<Authorization>("PATCH", `studio/authorizations/${part(name)}`, { body });

export const authorize = (name: string) => ask<{ url: string | null }>("POST", `studio/authorizations/${part(name)}/authorize`);

export const testAuthorization = (name: string, url: string) => ask<{ works: boolean; said: string }>("POST", `studio/authorizations/${part(name)}/test`, { body: url === "" ? {} : { url } });

export interface Deletion {
  deleted: string | null;
  usedBy: Use[];
  settings: SettingUse[];
  unread: string[];
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

export const changeStream = (name: string, body: StreamChange) => ask<{ stream: Stream; notes: string[] }>("PATCH", `streams/${part(name)}`, { body });

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

export interface ListedVersion {
  version: string;
  recommended: boolean;
  deprecated: string | null;
}

export interface ListedNodeType {
  node: string;
  title: string;
  description: string;
  aliases: string[];
  integration: string | null;
  recommended: string;
  versions: ListedVersion[];
  /** How many flows use it. */
  flows: number;
}

export const listNodes = async () => (await ask<{ nodes: ListedNodeType[] }>("GET", "studio/nodes")).nodes;

/** What an input takes now and did not before, or takes no more; what was said of it, and what is said now. */
export interface NodePage {
  node: string;
  title: string;
  description: string;
  integration: string | null;
  aliases: string[];
  version: string;
  versions: ListedVersion[];
  recommended: string;
  authorization: { required: boolean; kinds: AuthorizationKind[] } | null;
  inputs: Schema;
  /** Inputs that are asked for, each with the conditions under which; none: always. */
  requirements: Record<string, string[]>;
  outputs: Record<string, JsonObject>;
  outcomes: Record<string, { kind: OutcomeKind; aliases: string[]; description: string | null }>;
  openOutcomes: boolean;
  method: string | null;
  request: { method: string; path: string } | null;
  idempotent: boolean | null;
  callback: string | null;
  ourReading: string[];
  changes: Omit<VersionChange, "lost"> | null;
  uses: { flow: string; path: string; node: string; version: string | null }[];
  example: Json;
}

export const showNode = (name: string, version: string) => ask<NodePage>("GET", `studio/nodes/${part(name)}`, { query: { version } });

/** Hand an event on once more, as one that comes now. */
export const postAgain = (event: number) => ask<{ state: string; runs: string[] }>("POST", `studio/events/${event}/again`);
