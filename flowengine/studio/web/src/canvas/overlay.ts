/** What is shown on top of a flow: how a run went, what was changed, what is covered, how warm it is. */

export type Tone = "current" | "visited" | "failed" | "waiting" | "covered" | "uncovered" | "added" | "removed" | "changed";

export interface NodeMark {
  tone?: Tone;
  /** A word in the corner of the node: a number of visits, a time. */
  badge?: string;
  /** 0 (cold) to 1 (the warmest). */
  heat?: number;
  /** What is said of it to those who cannot see. */
  spoken?: string;
}

export interface EdgeMark {
  tone?: Tone;
  count?: number;
  /** A word at the outcome, in place of the count. */
  badge?: string;
}

export interface Overlay {
  nodes: ReadonlyMap<string, NodeMark>;
  /** By `edgeKey`. */
  edges: ReadonlyMap<string, EdgeMark>;
  /** Whether what has no mark steps back. */
  dims: boolean;
}
