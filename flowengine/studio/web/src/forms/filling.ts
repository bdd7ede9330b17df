import { createContext, useContext } from "react";
import type { Finding, Fix, Json, Operation, Path, Reference, Schema } from "../api/types";

/** What the fields of a form work with: the node, or the flow, that they fill in. */
export interface Filling {
  /** Null for the flow. */
  node: string | null;
  /** The schema that `$ref`s lead into. */
  root: Schema;
  references: readonly Reference[];
  findings: readonly Finding[];
  set: (path: Path, value: Json | undefined) => void;
  apply: (operations: Operation[], said: string) => void;
  fix: (fix: Fix) => void;
}

const NOTHING: Filling = { node: null, root: {}, references: [], findings: [], set: () => undefined, apply: () => undefined, fix: () => undefined };

/** Return what writes a value, or takes it away. */
export const setting = (node: string | null, path: Path, value: Json | undefined): Operation =>
  value === undefined ? { op: "set", node, path, value: null, remove: true } : { op: "set", node, path, value };

export const FillingContext = createContext<Filling>(NOTHING);

export const useFilling = () => useContext(FillingContext);

/** Return the path of a finding as seen from the node or the flow; null where it is about something else. */
function seenFrom(node: string | null, { at, node: about }: Finding): Path | null {
  if (node === null) return at && at[0] !== "nodes" ? at : null;
  if (at?.[0] === "nodes" && at[1] === node) return at.slice(2);
  return about === node ? [] : null;
}

const MISSING = /^the key '([^']+)' is missing|^\S+ needs inputs: ([\w-]+)/;

/** Return the path of what a finding is about: of what is missing, the place where it would be. */
export function placeOf(finding: Finding, node: string | null): Path | null {
  const path = seenFrom(node, finding);
  const found = MISSING.exec(finding.message);
  const missing = found?.[1] ?? found?.[2];
  if (path === null || missing === undefined) return path;
  // Where there are no inputs at all, it is told at the node.
  return node !== null && missing !== "type" && (path.length === 0 || found?.[2] !== undefined) ? ["inputs", missing] : [...path, missing];
}

/** Return the findings about a value, or about something in it. */
export function findingsAt(findings: readonly Finding[], node: string | null, path: Path): Finding[] {
  return findings.filter((finding) => {
    const place = placeOf(finding, node);
    return place !== null && place.length >= path.length && path.every((step, depth) => place[depth] === step);
  });
}
