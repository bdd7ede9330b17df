import { isObject, own } from "../api/json";
import type { Json, JsonObject, Schema } from "../api/types";

/** How a value is asked for. */
export type Widget = "text" | "lines" | "code" | "choice" | "boolean" | "number" | "json";

/** Follow `$ref`s within the schema; keys beside a `$ref` win. */
export function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let depth = 0; depth < 8; depth++) {
    const target = found.$ref;
    if (typeof target !== "string" || !target.startsWith("#/")) return found;
    let at: Json | undefined = root;
    for (const part of target.slice(2).split("/")) at = isObject(at) ? own(at, part) : undefined;
    found = { ...(isObject(at) ? at : {}), ...without(found, "$ref") };
  }
  return found;
}

const typesOf = (schema: Schema): Json[] => (Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type]);

export function widgetOf(schema: Schema, value: Json | undefined): Widget {
  if (isObject(value) || Array.isArray(value)) return "json";
  if (Array.isArray(schema.enum)) return "choice";
  const types = typesOf(schema);
  if (schema["x-literal"] === true) return "code";
  if (types.length === 1 && types[0] === "boolean") return "boolean";
  if (types.length > 0 && types.every((type) => type === "number" || type === "integer")) return "number";
  if (types.length > 0 && !types.includes("string")) return "json";
  return "text";
}

export const isReference = (text: string) => /^\$\([^()]*\)$/.test(text.trim());

/** Return a value as it is shown in a field. */
export function written(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/**
 * Return what was written in a field as a value, or undefined where it cannot be one. A reference is a text whatever
 * the type: it is resolved when the flow runs.
 */
export function parsed(text: string, widget: Widget, schema: Schema): Json | undefined {
  if (isReference(text)) return text.trim();
  switch (widget) {
    case "number": {
      const number = Number(text);
      return text.trim() === "" || Number.isNaN(number) ? undefined : number;
    }
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "json":
      try {
        return JSON.parse(text) as Json;
      } catch {
        return typesOf(schema).includes("string") ? text : undefined;
      }
    case "choice":
      return (schema.enum as Json[] | undefined)?.find((one) => written(one) === text) ?? text;
    case "text":
    case "lines":
    case "code":
      return text;
  }
}

/** Return the reference that is being written before the cursor: where it begins, and its letters so far. */
export function openReference(text: string, cursor: number): { from: number; letters: string } | null {
  const from = text.lastIndexOf("$(", cursor - 1);
  if (from < 0) return null;
  const letters = text.slice(from + 2, cursor);
  return /[()\s]/.test(letters) ? null : { from, letters };
}

/** Return an object without a key. */
export function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}
