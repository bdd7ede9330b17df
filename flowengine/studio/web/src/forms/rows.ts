import { isObject } from "../api/json";
import type { Json, JsonObject, NodeForm, Operation, Path, Reference, Schema } from "../api/types";
import { isReference } from "./values";

/** The operators, as the file has them; `exists` is two here, for its operand says which. */
export const OPERATORS = ["equals", "notEquals", "equalsIgnoreCase", "contains", "containsIgnoreCase", "startsWith", "endsWith", "in", "notIn", "regex", "greaterThan", "lessThan", "atLeast", "atMost", "exists", "exists:false"] as const;

const NUMBERS = ["greaterThan", "lessThan", "atLeast", "atMost"];
const LISTS = ["in", "notIn"];
const ANYTHING = ["equals", "notEquals"];

/** A condition, and where it is written below what the conditions are written in. */
export interface Condition {
  at: Path;
  value: Json;
  operator: string;
  operand: Json;
}

export interface Conditions {
  /** How they are put together; null for one condition that stands by itself. */
  mode: "all" | "any" | null;
  list: Condition[];
}

function conditionOf(written: Json, at: Path): Condition | null {
  if (!isObject(written) || !Object.hasOwn(written, "value")) return null;
  const [operator, ...more] = Object.keys(written).filter((key) => key !== "value");
  if (operator === undefined || more.length > 0) return null;
  return { at, value: written.value ?? null, operator, operand: written[operator] ?? null };
}

function listOf(written: Json, at: Path, mode: "all" | "any"): Conditions | null {
  if (!Array.isArray(written)) return null;
  const list = written.map((one, number) => conditionOf(one, [...at, number]));
  return list.includes(null) ? null : { mode, list: list as Condition[] };
}

/** Read what `when` says: one condition, a list, or `any` or `all` with a list. Null for anything else. */
export function conditionsOf(when: Json | undefined): Conditions | null {
  if (when === undefined || when === null) return { mode: null, list: [] };
  if (Array.isArray(when)) return listOf(when, [], "all");
  if (!isObject(when)) return null;
  for (const mode of ["any", "all"] as const) if (Object.keys(when).join() === mode) return listOf(when[mode] ?? null, [mode], mode);
  const only = conditionOf(when, []);
  return only && { mode: null, list: [only] };
}

export const conditionJson = ({ value, operator, operand }: Pick<Condition, "value" | "operator" | "operand">): JsonObject => ({ value, [operator]: operand });

/** Write conditions in the shortest way that says the same; `listed`: as a list, though there be only one. */
export function whenJson(list: readonly Condition[], mode: "all" | "any", listed = false): Json {
  const written = list.map(conditionJson);
  if (mode === "any" && written.length > 1) return { any: written };
  return written.length === 1 && !listed ? (written[0] ?? null) : written;
}

/** Return the type of what is judged, where it is known. */
function typeOf(value: Json, references: readonly Reference[]): string | null {
  return typeof value === "string" && isReference(value) ? (references.find((one) => one.text === value.trim())?.type ?? null) : null;
}

/** Say what an operator compares with: of the same type as what is judged, where that counts. */
export function operandSchema(operator: string, value: Json, references: readonly Reference[]): Schema {
  if (LISTS.includes(operator)) return { type: "array", items: operandSchema("equals", value, references) };
  if (NUMBERS.includes(operator)) return { type: "number" };
  if (!ANYTHING.includes(operator)) return { type: "string", pattern: "" };
  const type = typeOf(value, references);
  return type === null || type === "object" || type === "array" ? {} : type === "string" ? { type, pattern: "" } : { type };
}

/** Make an operand fit another operator: what was one text becomes the first of a list, and so on. */
export function operandFor(operator: string, operand: Json): Json {
  if (operator.startsWith("exists")) return operator === "exists";
  if (LISTS.includes(operator)) return Array.isArray(operand) ? operand : typeof operand === "boolean" ? [] : [operand];
  const [first = ""] = Array.isArray(operand) ? operand : [operand];
  if (NUMBERS.includes(operator)) return typeof first === "string" && !isReference(first) ? Number(first) || 0 : typeof first === "boolean" ? 0 : first;
  if (ANYTHING.includes(operator)) return first;
  return typeof first === "string" ? first : typeof first === "number" ? String(first) : "";
}

/** Return what calls the edge of an outcome otherwise, where the node has one of its own. */
export function renamedOutcome(form: NodeForm, from: string, to: string): Operation[] {
  return hasEdge(form, from) ? [{ op: "rename-key", node: form.node, path: ["edges", from], to }] : [];
}

/** Return what takes the edge of an outcome away that is no more. */
export function goneOutcome(form: NodeForm, name: string): Operation[] {
  return hasEdge(form, name) ? [{ op: "disconnect", node: form.node, outcome: name }] : [];
}

function hasEdge(form: NodeForm, name: string): boolean {
  const edges = form.node_values.edges;
  return isObject(edges) && Object.hasOwn(edges, name);
}
