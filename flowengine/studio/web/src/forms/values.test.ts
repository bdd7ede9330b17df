import { describe, expect, it } from "vitest";
import { openReference, parsed, resolved, widgetOf } from "./values";

describe("widgetOf", () => {
  it.each([
    [{ type: "string" }, "text"],
    [{ type: "string", "x-literal": true }, "code"],
    [{ type: "boolean" }, "boolean"],
    [{ type: ["integer", "number"] }, "number"],
    [{ type: "array" }, "json"],
    [{ enum: ["sms", "email"] }, "choice"],
    [{}, "text"],
  ] as const)("of %j is %s", (schema, widget) => expect(widgetOf(schema as never, undefined)).toBe(widget));
});

describe("parsed", () => {
  it("takes a reference whatever the type", () => expect(parsed("$(attempts)", "number", {})).toBe("$(attempts)"));
  it("refuses what is no number", () => expect(parsed("many", "number", {})).toBeUndefined());
  it("keeps the type of what is chosen", () => expect(parsed("2", "choice", { enum: [1, 2] })).toBe(2));
  it("reads JSON", () => expect(parsed('{"a": [1]}', "json", { type: "object" })).toEqual({ a: [1] }));
  it("takes other text where a text may stand", () => expect(parsed("a, b", "json", { type: ["string", "array"] })).toBe("a, b"));
});

describe("openReference", () => {
  it("finds what is being written", () => expect(openReference("Hi $(trig", 9)).toEqual({ from: 3, letters: "trig" }));
  it("is over behind the bracket", () => expect(openReference("$(a) b", 6)).toBeNull());
});

describe("resolved", () => {
  it("follows references within the schema", () => expect(resolved({ $ref: "#/$defs/label", title: "X" }, { $defs: { label: { type: "string" } } })).toEqual({ type: "string", title: "X" }));
  it("does not follow a prototype", () => expect(resolved({ $ref: "#/constructor" }, {})).toEqual({}));
  it("comes to an end", () => expect(resolved({ $ref: "#/a" }, { a: { $ref: "#/a" } })).toEqual({ $ref: "#/a" }));
});
