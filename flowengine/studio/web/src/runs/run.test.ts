import { describe, expect, it } from "vitest";
import type { Graph } from "../api/types";
import { edgeKey } from "../canvas/bundles";
import { changes, overlayAt, type Run, type Step } from "./run";

const step = (node: string, outcome: string, to: string | null): Step => ({ node, type: "t@1.0", visit: 1, attempts: [], outcome, reason: null, edge: to === null ? null : { label: outcome, to, fallThrough: false }, inputs: null, outputs: {}, set: {}, startedAt: "", durationMs: 0 });
const node = (id: string, kind: "work" | "end") => ({ id, kind, type: null, version: null, title: null, authorization: null, line: 1, moved: false, x: 0, y: 0, width: 1, height: 1 });
const GRAPH: Graph = {
  start: "a",
  width: 0,
  height: 0,
  nodes: [node("a", "work"), node("b", "work"), node("end", "end")],
  edges: [
    { from: "a", outcome: "yes", label: "yes", to: "b", kind: "success", default: false, line: 1 },
    { from: "b", outcome: "onInvalidChoice", label: "onInvalidChoice", to: "end", kind: "fall-through", default: true, line: 1 },
  ],
};
const RUN: Run = { id: "r", flow: "f", status: "succeeded", result: "success", reason: null, path: [], variables: {}, steps: [step("a", "yes", "b"), { ...step("b", "odd", "end"), edge: { label: "onInvalidChoice", to: "end", fallThrough: true } }] };

describe("overlayAt", () => {
  it("begins with the token at the start", () => expect([...overlayAt(RUN, 0, GRAPH).nodes.keys()]).toEqual(["a"]));
  it("moves the token along the edge", () => {
    const { nodes, edges } = overlayAt(RUN, 1, GRAPH);
    expect(nodes.get("b")?.tone).toBe("current");
    expect(edges.get(edgeKey("a", "yes"))?.tone).toBe("current");
  });
  it("follows a fall-through along the edge that there is", () => expect(overlayAt(RUN, 2, GRAPH).edges.get(edgeKey("b", "onInvalidChoice"))?.count).toBe(1));
});

describe("changes", () => {
  it("has what changed first, and takes any name", () => {
    const names = changes({ same: 1, old: 1 }, { same: 1, constructor: 2 }).map((one) => `${one.name} ${one.state}`);
    expect(names).toEqual(["old removed", "constructor added", "same same"]);
  });
});
