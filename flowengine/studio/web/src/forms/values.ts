import { isObject, own } from "../api/json";
import type { Json, JsonObject, Schema } from "../api/types";

/** What a value is: what a person calls it. */
export type Kind = "text" | "number" | "boolean" | "nothing" | "list" | "map";

/** How a value is asked for; `any`: as the kind that it has, which can be chosen. */
export type Widget = "text" | "code" | "choice" | "number" | "list" | "map" | "any";

export const KINDS: readonly Kind[] = ["text", "number", "boolean", "nothing", "list", "map"];

const KIND_OF_TYPE: Record<string, Kind> = { string: "text", number: "number", integer: "number", boolean: "boolean", null: "nothing", array: "list", object: "map" };

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

export function kindOf(value: Json): Kind {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "list";
  return KIND_OF_TYPE[typeof value] ?? "text";
}

/** Return the kinds of value that a schema takes; a reference, a text, goes everywhere. */
export function kindsOf(schema: Schema): Kind[] {
  if (Array.isArray(schema.enum)) return [...new Set(schema.enum.map(kindOf))];
  const types = (Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type]).filter((type) => type !== "null");
  if (types.length === 0) return [...KINDS];
  return [...new Set(types.flatMap((type) => (typeof type === "string" ? (KIND_OF_TYPE[type] ?? []) : [])))];
}

const WIDGETS: Record<Kind, Widget> = { text: "text", number: "number", boolean: "choice", nothing: "any", list: "list", map: "map" };

export function widgetOf(schema: Schema, value: Json | undefined): Widget {
  const kinds = kindsOf(schema);
  const isText = typeof value === "string";
  if (Array.isArray(schema.enum)) return value === undefined || isText || schema.enum.includes(value) ? "choice" : "any";
  const [only] = kinds;
  if (kinds.length !== 1 || only === undefined) return "any";
  if (value !== undefined && kindOf(value) !== only && !(isText && isTemplate(value))) return "any";
  if (only === "text" && schema["x-literal"] === true && schema.pattern === undefined) return "code";
  return isText && only !== "boolean" ? (only === "number" ? "number" : "text") : WIDGETS[only];
}

export const isReference = (text: string) => /^\$\([^()]*\)$/.test(text.trim());
export const isTemplate = (text: string) => /(^|[^$])\$\(/.test(text);

/** Return a value as it is shown in a field of one line. */
export function written(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Read a text as a number; undefined where it is none. */
export function numberIn(text: string): number | undefined {
  const number = Number(text);
  return text.trim() === "" || !Number.isFinite(number) ? undefined : number;
}

/**
 * Read what was written where anything may stand, as YAML would: `3` is a number, `true` is true, and all else is text:
 * `007`, too, which nobody means to count with.
 */
export function guessed(text: string): Json {
  if (text === "true" || text === "false") return text === "true";
  if (/^-?(0|[1-9]\d{0,14})(\.\d{1,10})?$/.test(text)) return Number(text);
  return text;
}

/** Whether a text would be taken for something else if it was written without quotes. */
export const looksOtherwise = (text: string) => typeof guessed(text) !== "string";

/** Make another kind of value of a value, as much alike as can be. */
export function turned(value: Json | undefined, kind: Kind): Json {
  const text = value === undefined || value === null || typeof value === "object" ? "" : written(value);
  switch (kind) {
    case "text":
      return text;
    case "number":
      return isReference(text) ? text : (numberIn(text) ?? 0);
    case "boolean":
      return text === "true";
    case "nothing":
      return null;
    case "list":
      return Array.isArray(value) ? value : text === "" ? [] : [value ?? null];
    case "map":
      return isObject(value) ? value : {};
  }
}

/** What a new value of a schema begins as. */
export function begun(schema: Schema): Json {
  if (schema.const !== undefined) return schema.const;
  const [kind = "text"] = kindsOf(schema);
  if (kind === "list") return [];
  if (kind !== "map" || !isObject(schema.properties)) return kind === "map" ? {} : kind === "number" ? 0 : kind === "boolean" ? false : "";
  const needed = Array.isArray(schema.required) ? schema.required.filter((one) => typeof one === "string") : [];
  return Object.fromEntries(needed.map((name) => [name, begun(schemaOf(schema, name))]));
}

/** What is said of one key of a map. */
export function schemaOf(schema: Schema, name: string): Schema {
  const listed = isObject(schema.properties) ? own(schema.properties, name) : undefined;
  const found = listed ?? schema.additionalProperties;
  return isObject(found) ? found : {};
}

/** Return the reference that is being written before the cursor: where it begins, and its letters so far. */
export function openReference(text: string, cursor: number): { from: number; letters: string } | null {
  const from = text.lastIndexOf("$(", cursor - 1);
  if (from < 0 || text[from - 1] === "$") return null;
  const letters = text.slice(from + 2, cursor);
  return /[()\s]/.test(letters) ? null : { from, letters };
}

/** Return an object without a key. */
export function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

/** Return a name that none of these is. */
export function freeName(names: readonly string[], wanted: string, first = 1): string {
  let number = first;
  const name = () => (number === 1 ? wanted : `${wanted} ${number}`);
  while (names.includes(name())) number++;
  return name();
}
