import { isObject } from "../api/json";
import type { Json, JsonObject, Path } from "../api/types";

export const OPERATORS = ["equals", "notEquals", "equalsIgnoreCase", "contains", "containsIgnoreCase", "startsWith", "endsWith", "in", "notIn", "regex", "greaterThan", "lessThan", "atLeast", "atMost", "exists"];

/** A condition, and where in the row it is written. */
export interface Condition {
  at: Path;
  value: Json;
  operator: string;
  operand: Json;
}

export interface Conditions {
  /** How they are put together; null for one condition that stands by itself. */
  mode: "all" | "any" | null;
  /** Where the list is written. */
  at: Path;
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
  return list.includes(null) ? null : { mode, at, list: list as Condition[] };
}

/** Read what a row says under `when`: one condition, a list, or `any` or `all` with a list. Null for anything else. */
export function conditionsOf(when: Json | undefined): Conditions | null {
  if (when === undefined || when === null) return { mode: null, at: ["when"], list: [] };
  if (Array.isArray(when)) return listOf(when, ["when"], "all");
  if (!isObject(when)) return null;
  for (const mode of ["any", "all"] as const) if (Object.keys(when).join() === mode) return listOf(when[mode] ?? null, ["when", mode], mode);
  const only = conditionOf(when, ["when"]);
  return only && { mode: null, at: ["when"], list: [only] };
}

export const conditionJson = ({ value, operator, operand }: Pick<Condition, "value" | "operator" | "operand">): JsonObject => ({ value, [operator]: operand });

/** Write conditions in the shortest way that says the same. */
export function whenJson(list: readonly Condition[], mode: "all" | "any"): Json {
  const written = list.map(conditionJson);
  if (mode === "any" && written.length > 1) return { any: written };
  return written.length === 1 ? (written[0] ?? null) : written;
}

/** Read an operand as it is meant: numbers, true, false and lists as such, all else as a text. */
export function operandOf(text: string, operator: string): Json {
  if (["equals", "notEquals", "in", "notIn", "greaterThan", "lessThan", "atLeast", "atMost"].includes(operator)) {
    try {
      return JSON.parse(text) as Json;
    } catch {
      return text;
    }
  }
  return text;
}

export const operandText = (operand: Json): string => (typeof operand === "string" ? operand : JSON.stringify(operand));

/** Return a name for a row that no other has. */
export function newRowName(names: readonly string[], wanted: string): string {
  let number = names.length + 1;
  while (names.includes(`${wanted} ${number}`)) number++;
  return `${wanted} ${number}`;
}
