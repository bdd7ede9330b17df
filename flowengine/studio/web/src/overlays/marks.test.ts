import { describe, expect, it } from "vitest";
import type { Heat } from "../api/runs";
import type { Graph, GraphNode } from "../api/types";
import { edgeKey } from "../canvas/bundles";
import { coverageOverlay, heatOverlay } from "./marks";

const node = (id: string, kind: GraphNode["kind"] = "work"): GraphNode => ({ id, kind, type: null, version: null, title: null, authorization: null, line: 1, moved: false, x: 0, y: 0, width: 1, height: 1 });
const GRAPH: Graph = {
  start: "constructor",
  width: 0,
  height: 0,
  nodes: [node("constructor"), node("b"), node("end", "end")],
  edges: [
    { from: "constructor", outcome: "yes", label: "Yes", to: "b", kind: "success", default: false, line: 1 },
    { from: "b", outcome: "onInvalidChoice", label: "else", to: "end", kind: "fall-through", default: false, line: 1 },
  ],
};
const HEAT: Heat = {
  runs: 3,
  open: 1,
  unread: 0,
  nodes: { b: { visits: 2, medianMs: 10, p95Ms: 20, totalMs: 30, waiting: 1 } },
  edges: [
    { from: "b", outcome: "odd", label: "else", to: "end", times: 2 },
    { from: "b", outcome: "gone", label: "gone", to: "nowhere", times: 5 },
  ],
};

describe("heatOverlay", () => {
  const { nodes, edges } = heatOverlay(GRAPH, HEAT, "time");
  it("takes no name for a property of every object", () => expect(nodes.has("constructor")).toBe(false));
  it("says where runs wait", () => expect(nodes.get("b")).toMatchObject({ heat: 1, tone: "waiting" }));
  it("counts a fall-through at its edge, and nothing that the picture has not", () => expect([...edges]).toEqual([[edgeKey("b", "onInvalidChoice"), { tone: "visited", badge: "×2" }]]));
  it("counts who came to an end", () => expect(nodes.get("end")?.badge).toBe("×2"));
});

describe("coverageOverlay", () => {
  const shares = { covered: 0, total: 0, percent: 0 };
  const { nodes, edges } = coverageOverlay(GRAPH, { cases: 1, shares: { nodes: shares, ownEdges: shares, outcomes: shares, fallThrough: shares }, nodes: { b: 1 }, visitedBy: {}, edges: [{ from: "b", outcomes: ["onInvalidChoice"], counts: [1], label: "else", to: "end", times: 1, default: false, recordings: ["one"] }] });
  it("marks nodes that no recording came to", () => expect(nodes.get("constructor")?.tone).toBe("uncovered"));
  it("marks edges that none took", () => expect(edges.get(edgeKey("constructor", "yes"))?.tone).toBe("uncovered"));
  it("marks those that one took", () => expect(edges.get(edgeKey("b", "onInvalidChoice"))?.badge).toBe("✓ 1"));
});
