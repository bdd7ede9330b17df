import { isObject } from "../api/json";
import type { Declaration, Json } from "../api/types";

/** Read what was written for a variable: text as it is, all else as JSON; undefined where that is none. */
export function readVariable(written: string, type: string | null): Json | undefined {
  if (type === "string") return written;
  try {
    return JSON.parse(written) as Json;
  } catch {
    return type === null ? written : undefined;
  }
}

/** Read what was written for an event: a JSON object, or nothing; undefined where it is neither. */
export function readTrigger(written: string): Json | undefined {
  try {
    const value = written.trim() === "" ? null : (JSON.parse(written) as Json);
    return value === null || isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Return what was given for variables, and whether all of it can be read. */
export function givenValues(declared: readonly Declaration[], written: ReadonlyMap<string, string>): { given: [string, Json][]; fine: boolean } {
  const read = declared.flatMap((one) => {
    const value = written.get(one.name);
    return value === undefined ? [] : [[one.name, readVariable(value, one.type)] as const];
  });
  const given = read.flatMap(([name, value]): [string, Json][] => (value === undefined ? [] : [[name, value]]));
  return { given, fine: given.length === read.length };
}
