/** What the server sends. Keys from data are read with `own` (see json.ts), never followed into a prototype. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export type Severity = "error" | "warning" | "hint";
export type NodeKind = "work" | "wait" | "call" | "branch" | "end";
export type OutcomeKind = "success" | "error";
export type EdgeKind = OutcomeKind | "fall-through";
export type ChangeState = "same" | "added" | "removed" | "changed";

export interface Point {
  x: number;
  y: number;
}

export interface Rect extends Point {
  width: number;
  height: number;
}

export interface GraphNode extends Rect {
  id: string;
  kind: NodeKind;
  type: string | null;
  version: string | null;
  title: string | null;
  description?: string | null;
  integration?: string | null;
  authorization: string | null;
  deprecated?: boolean;
  end?: OutcomeKind | null;
  /** Of a call-flow node: the id of the flow it calls. */
  flow?: string | null;
  line: number;
  endLine?: number;
  moved: boolean;
  state?: ChangeState;
  /** Of a call that is open on the canvas (never sent): the called flow, why it is not drawn, and its first node. */
  frame?: { title: string; said: string | null; start: string | null } | undefined;
}

export interface GraphEdge {
  from: string;
  outcome: string;
  label: string;
  to: string;
  kind: EdgeKind;
  default: boolean;
  line: number;
  /** The route of the server's layout, in pairs: straight within a pair, curved to the next. */
  points?: [number, number][] | null;
  labelAt?: [number, number] | null;
  loops?: boolean;
  state?: ChangeState;
}

export interface Graph {
  start: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  width: number;
  height: number;
  trigger?: (Rect & { id?: string; lines: string[] }) | null;
  /** The card of the edges of `defaults`. */
  defaults?: (Rect & { id?: string }) | null;
}

export interface TextEdit {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  text: string;
}

export interface Fix {
  title: string;
  edits: TextEdit[];
}

export interface Finding {
  code: string;
  severity: Severity;
  message: string;
  line?: number | null;
  column?: number | null;
  endLine?: number | null;
  endColumn?: number | null;
  node?: string | null;
  hint?: string | null;
  witness?: string[];
  /** The path of the value that it is about, as far as one can tell. */
  at?: Path;
  fixes?: Fix[];
}

export interface Declaration {
  name: string;
  type: string | null;
  default?: Json;
  description?: string | null;
}

export interface Outline {
  variables: Declaration[];
  inputs: Declaration[];
  outputs: string[];
  trigger: JsonObject | null;
  defaults: JsonObject;
}

export interface Doc {
  id: string | null;
  path: string | null;
  title: string | null;
  text: string;
  version: string;
  graph: Graph | null;
  findings: Finding[] | null;
  outline?: Outline;
}

export interface EditedDoc extends Doc {
  added: string[];
  changedLines: [number, number][];
}

export interface FlowSummary {
  id: string;
  path: string;
  title: string | null;
  description: string | null;
  trigger: JsonObject | null;
  findings: { errors: number; warnings: number; hints: number };
}

export interface NodeType {
  node: string;
  title: string;
  versions: string[];
  recommended: string;
  integration: string | null;
  description?: string | null;
}

export type Path = (string | number)[];

export interface After {
  node: string;
  outcome?: string;
}

export type Operation =
  | { op: "new"; id: string; title?: string }
  | { op: "add-node"; type: string; id?: string; title?: string; after?: After }
  | { op: "add-end"; end: OutcomeKind; id?: string; title?: string; after?: After }
  | { op: "duplicate"; node: string }
  | { op: "paste"; text: string }
  | { op: "remove"; node: string }
  | { op: "rename"; node: string; to: string }
  | { op: "connect"; node: string | null; outcome: string; to: string }
  | { op: "disconnect"; node: string | null; outcome: string }
  | { op: "set"; node: string | null; path: Path; value: Json; remove?: true }
  | { op: "set"; node: string | null; path: Path; yaml: string; value?: never }
  | { op: "rename-key"; node: string | null; path: Path; to: string }
  | { op: "rename-variable"; name: string; to: string }
  | { op: "change-type"; node: string; type: string }
  | { op: "set-start"; node: string }
  | { op: "apply"; edits: TextEdit[] };

export type Schema = JsonObject;

export interface Reference {
  text: string;
  type: string | null;
  description?: string | null;
  from: string;
  always: boolean;
}

export interface NodeOutcome {
  name: string;
  kind: OutcomeKind;
  description: string | null;
  to: string | null;
  label: string | null;
  default: boolean;
  fallThrough: boolean;
}

export interface ChangeDetail {
  added: Json[];
  removed: Json[];
  required: boolean | null;
  type: Json;
  /** What is said of it: no more, and now. */
  was: string[];
  now: string[];
}

export interface Changed {
  added: string[];
  removed: string[];
  changed: string[];
  renamed: [string, string][];
  details: Record<string, ChangeDetail>;
}

export interface VersionChange {
  from: string;
  to: string;
  inputs: Changed;
  outcomes: Changed;
  outputs: Changed;
  /** What the node has and the other version does not take. */
  lost: { inputs: string[]; outcomes: string[] };
}

/** An input as it is asked for, given what has been chosen. */
export interface FormField {
  name: string;
  schema: Schema;
  required: boolean;
  /** Whether it goes with the others; one that does not is only here because it is given. */
  fits: boolean;
}

export interface ChannelEvents {
  channel: string;
  events: string[];
  /** Where an event has the text, and the two addresses. */
  message: string | null;
  business: string | null;
  customer: string | null;
}

export interface NodeForm {
  node: string;
  type: string | null;
  title: string | null;
  description: string | null;
  end?: OutcomeKind | null;
  schema: Schema;
  fields: FormField[];
  values: JsonObject;
  node_values: JsonObject;
  integration: string | null;
  references: Reference[];
  /** What the node itself comes back with: for the variables that it sets. */
  ownReferences: Reference[];
  flows: { flow: string; title: string | null; called: boolean }[];
  channels: ChannelEvents[];
  outcomes: NodeOutcome[];
  versions: { version: string; recommended: boolean; deprecated: string | null }[];
  changes: VersionChange[];
}

/** The form of the flow itself. */
export interface FlowForm {
  node: null;
  values: JsonObject;
  defaults: JsonObject;
  references: { trigger: Reference[]; outputs: Reference[] };
  /** By variable the nodes that name it. */
  uses: Record<string, string[]>;
  channels: ChannelEvents[];
}

export type Positions = Record<string, Point>;
