import { describe, expect, it } from "vitest";
import type { Run, Step } from "../runs/run";
import { paired, partsAt } from "./parting";

const step = (node: string, outcome: string, to: string, inputs = {}): Step => ({ node, type: "t@1.0", visit: 1, attempts: [], outcome, reason: null, edge: { label: outcome, to, fallThrough: false }, inputs, outputs: {}, set: {}, startedAt: "", durationMs: 0 });
const run = (...steps: Step[]): Run => ({ id: "r", flow: "f", status: "succeeded", result: "success", reason: null, path: [], steps, variables: {} });

describe("partsAt", () => {
  it("is nowhere for runs that go the same way", () => expect(partsAt(paired(run(step("a", "yes", "b")), run(step("a", "yes", "b", { x: 1 }))))).toBeNull());
  it("is where the outcomes differ", () => expect(partsAt(paired(run(step("a", "yes", "b"), step("b", "yes", "c")), run(step("a", "yes", "b"), step("b", "no", "d"))))).toBe(1));
  it("is where one run has ended", () => expect(partsAt(paired(run(step("a", "yes", "b")), run()))).toBe(0));
});

describe("paired", () => {
  it("tells other values from another way", () => expect(paired(run(step("a", "yes", "b")), run(step("a", "yes", "b", { x: 1 })))[0]?.state).toBe("values"));
});
