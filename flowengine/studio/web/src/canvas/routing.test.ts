import { describe, expect, it } from "vitest";
import type { GraphEdge, Rect } from "../api/types";
import { bundled, inFlowOrder, withoutErrorHandling } from "./bundles";
import { labelSize, newMemory } from "./lanes";
import { findRoutes, givenRoute } from "./routing";

const edge = (from: string, outcome: string, to: string, kind: GraphEdge["kind"] = "success", isDefault = false): GraphEdge => ({ from, outcome, label: outcome, to, kind, default: isDefault, line: 1 });
const box = (x: number, y: number): Rect => ({ x, y, width: 160, height: 60 });

const EDGES = [edge("a", "yes", "b"), edge("a", "also", "b"), edge("a", "no", "c", "error"), edge("b", "again", "a"), edge("b", "onError", "c", "error", true)];
const GRAPH = { start: "a", width: 0, height: 0, edges: EDGES, nodes: ["c", "b", "a"].map((id) => ({ id, kind: "work" as const, type: "t", version: "1.0", title: null, authorization: null, line: 1, moved: false, ...box(0, 0) })) };

describe("bundled", () => {
  it("puts edges of one kind between two nodes together, and keeps each of them", () => {
    const bundles = bundled(EDGES);
    expect(bundles.map((one) => one.edges.map((each) => each.outcome))).toEqual([["yes", "also"], ["no"], ["again"], ["onError"]]);
  });

  it("takes names like any other", () => {
    const [one] = bundled([edge("__proto__", "constructor", "toString")]);
    expect(one?.from).toBe("__proto__");
  });
});

describe("the order and parts of a graph", () => {
  it("is that of the walk", () => expect(inFlowOrder(GRAPH)).toEqual(["a", "b", "c"]));
  it("has no error handling where that is put away", () => expect([...withoutErrorHandling(GRAPH)]).toEqual(["a", "b"]));
});

describe("findRoutes", () => {
  it("finds a way for every line, and no label lies on another", () => {
    const boxes = new Map([["a", box(0, 0)], ["b", box(-120, 160)], ["c", box(120, 160)], ["d", box(0, 320)]]);
    const bundles = bundled([edge("a", "first", "b"), edge("a", "second", "c"), edge("a", "third", "d"), edge("b", "x", "d"), edge("c", "y", "d"), edge("d", "back", "a"), edge("d", "self", "d")]);
    const routes = findRoutes(bundles, boxes);
    expect(routes.size).toBe(bundles.length);
    const labels = bundles.map((one) => ({ ...labelSize(one), ...(routes.get(one.key)?.label ?? { x: NaN, y: NaN }) }));
    labels.forEach((one, number) => {
      for (const other of labels.slice(number + 1)) {
        const apart = Math.abs(one.x - other.x) >= (one.width + other.width) / 2 || Math.abs(one.y - other.y) >= (one.height + other.height) / 2;
        expect(apart).toBe(true);
      }
    });
  });

  it("leaves lines where they were, until something comes into their way", () => {
    const boxes = new Map([["a", box(0, 0)], ["b", box(0, 400)], ["far", box(2000, 200)]]);
    const bundles = bundled([edge("a", "down", "b")]);
    const [{ key } = { key: "" }] = bundles;
    const memory = newMemory();
    const first = findRoutes(bundles, boxes, [], memory).get(key);
    const beside = new Map([...boxes, ["new", box(-700, 200)]]);
    expect(findRoutes(bundles, beside, [], memory).get(key)).toEqual(first);
    const between = new Map([...boxes, ["new", box(0, 200)]]);
    expect(findRoutes(bundles, between, [], memory).get(key)).toEqual(findRoutes(bundles, between).get(key));
    expect(findRoutes(bundles, between, [], memory).get(key)?.path).not.toBe(first?.path);
    const renamed = new Map([...between].map(([id, at]) => [id === "a" ? "z" : id, at]));
    const other = bundled([edge("z", "down", "b")]);
    expect(findRoutes(other, renamed, [], memory).get(other[0]?.key ?? "")).toEqual(findRoutes(bundles, between).get(key));
  });

  it("has a line for each of two nodes that stand on each other", () => {
    const boxes = new Map([["a", box(0, 0)], ["a2", box(0, 0)], ["b", box(0, 400)]]);
    const bundles = bundled([edge("a", "down", "b"), edge("a2", "down", "b")]);
    const memory = newMemory();
    expect(findRoutes(bundles, boxes, [], memory).size).toBe(2);
    expect(findRoutes(bundles, boxes, [], memory).size).toBe(2);
  });

  it("finds another place for a label where one has been put there", () => {
    const boxes = new Map([["a", box(0, 0)], ["b", box(0, 400)]]);
    const bundles = bundled([edge("a", "down", "b")]);
    const memory = newMemory();
    const at = findRoutes(bundles, boxes, [], memory).get(bundles[0]?.key ?? "")?.label ?? { x: 0, y: 0 };
    const taken = [{ x: at.x - 40, y: at.y - 20, width: 80, height: 40 }];
    expect(findRoutes(bundles, boxes, taken, memory).get(bundles[0]?.key ?? "")?.label).not.toEqual(at);
  });

  it("leaves out lines to what is not drawn", () => expect(findRoutes(bundled([edge("a", "x", "gone")]), new Map([["a", box(0, 0)]])).size).toBe(0));
});

describe("givenRoute", () => {
  it("is straight within a pair and ends before the tip", () => {
    const route = givenRoute([[10, 0], [10, 20], [50, 60], [50, 100]], [10, 20], false);
    expect(route.path).toBe("M10 0V20C10 40 50 40 50 60V92");
    expect(route.tip).toEqual({ x: 50, y: 100, direction: "down" });
  });
});
