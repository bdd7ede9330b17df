import { describe, expect, it } from "vitest";
import { declarationOf, declaredOf } from "./Declarations";
import { operandFor, operandSchema } from "./rows";
import { guessed, numberIn, openReference, resolved, turned, widgetOf } from "./values";
import { yamlOf } from "./yaml";

describe("widgetOf", () => {
  it.each([
    [{ type: "string" }, undefined, "text"],
    [{ type: "string", "x-literal": true }, undefined, "code"],
    [{ type: "boolean" }, undefined, "choice"],
    [{ type: ["integer", "number"] }, undefined, "number"],
    [{ type: "array" }, undefined, "list"],
    [{ type: "array" }, "$(files)", "text"],
    [{ type: ["object", "null"] }, {}, "map"],
    [{ type: ["string", "array"] }, undefined, "any"],
    [{ type: "string" }, 3, "any"],
    [{ enum: ["sms", "email"] }, "fax", "choice"],
    [{}, undefined, "any"],
  ] as const)("of %j with %j is %s", (schema, value, widget) => expect(widgetOf(schema as never, value as never)).toBe(widget));
});

describe("what is written where anything may stand", () => {
  it.each([
    ["3", 3],
    ["-0.5", -0.5],
    ["007", "007"],
    ["+447700900123", "+447700900123"],
    ["12345678901234567890", "12345678901234567890"],
    ["true", true],
    ["yes", "yes"],
    ["1e3", "1e3"],
  ])("%s", (written, value) => expect(guessed(written)).toBe(value));
});

it("is no number where it is none", () => expect([numberIn("many"), numberIn(" "), numberIn("2.5")]).toEqual([undefined, undefined, 2.5]));

describe("turned", () => {
  it("keeps what it can", () => expect([turned(7, "text"), turned("7", "number"), turned("a", "list"), turned({ a: 1 }, "text")]).toEqual(["7", 7, ["a"], ""]));
  it("keeps a reference that has been a number", () => expect(turned("$(n)", "number")).toBe("$(n)"));
});

describe("openReference", () => {
  it("finds what is being written", () => expect(openReference("Hi $(trig", 9)).toEqual({ from: 3, letters: "trig" }));
  it("is over behind the bracket", () => expect(openReference("$(a) b", 6)).toBeNull());
  it("knows a $( that is meant as such", () => expect(openReference("$$(a", 4)).toBeNull());
});

describe("resolved", () => {
  it("follows references within the schema", () => expect(resolved({ $ref: "#/$defs/label", title: "X" }, { $defs: { label: { type: "string" } } })).toEqual({ type: "string", title: "X" }));
  it("does not follow a prototype", () => expect(resolved({ $ref: "#/constructor" }, {})).toEqual({}));
  it("comes to an end", () => expect(resolved({ $ref: "#/a" }, { a: { $ref: "#/a" } })).toEqual({ $ref: "#/a" }));
});

describe("operands", () => {
  const references = [{ text: "$(count)", type: "integer", from: "variables", always: true }];
  it("are of the type of what is judged", () => expect(operandSchema("equals", "$(count)", references)).toEqual({ type: "integer" }));
  it("are lists where one of several is meant", () => expect([operandFor("in", "STOP"), operandFor("equals", ["STOP"])]).toEqual([["STOP"], "STOP"]));
  it("are numbers where numbers are compared", () => expect([operandFor("atLeast", "3"), operandFor("atLeast", "$(n)"), operandFor("contains", 3)]).toEqual([3, "$(n)", "3"]));
});

describe("declarations", () => {
  it.each([["", { type: null, value: "", description: "" }], [{ type: "string" }, { type: "string", value: undefined, description: "" }], [{ a: 1 }, { type: null, value: { a: 1 }, description: "" }]] as const)("%j", (written, declared) => {
    expect(declaredOf(written)).toEqual(declared);
    expect(declarationOf(declared)).toEqual(written);
  });
  it("have a type where they are described", () => expect(declarationOf({ type: null, value: 0, description: "Tries." })).toEqual({ type: "number", default: 0, description: "Tries." }));
});

it("writes YAML that a person reads", () =>
  expect(yamlOf({ a: "$(b.c)", nr: "007", list: [1, { x: "on" }], text: "one\ntwo" })).toBe('a: $(b.c)\nnr: "007"\nlist:\n  - 1\n  - x: "on"\ntext: |-\n  one\n  two'));
