import { describe, expect, it } from "vitest";
import type { Graph, GraphNode, Rect } from "../api/types";
import { frameOf, nameOf, withOpened, type Called } from "./subflows";

const node = (id: string, x: number, y: number, more: Partial<GraphNode> = {}): GraphNode => ({ id, kind: "work", type: null, version: null, title: null, authorization: null, line: 1, moved: false, x, y, width: 100, height: 60, ...more });
const graphOf = (nodes: GraphNode[]): Graph => ({ start: nodes[0]?.id ?? "", nodes, edges: [], width: 0, height: 0 });
const called = (graph: Graph | null, said: string | null = null): Called => ({ title: "Called", graph, said });
const meet = (one: Rect, other: Rect) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;

/** The same numbers each time, all over the place. */
function* numbers(seed: number): Generator<number, never> {
  for (let now = seed; ; ) {
    now = (now * 48271) % 2147483647;
    yield now / 2147483647;
  }
}

function scattered(seed: number): Graph {
  const random = numbers(seed);
  const nodes: GraphNode[] = [];
  for (let tries = 0; tries < 40; tries++) {
    const flow = random.next().value < 0.3 ? "other" : null;
    const next = node(`n${tries}`, Math.round(random.next().value * 900), Math.round(random.next().value * 700), { flow });
    if (!nodes.some((one) => meet(one, next))) nodes.push(next);
  }
  return graphOf(nodes);
}

describe("calls that are open", () => {
  const inner = graphOf([node("a", 500, 300), node("b", 640, 420, { end: "success", kind: "end" })]);

  it("leave no two nodes on top of each other, and everything where it was when they are closed", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const graph = scattered(seed);
      const open = new Map(graph.nodes.filter((one) => one.flow).map((one) => [one.id, called(inner)]));
      const { nodes } = withOpened(graph, open).graph;
      for (const one of nodes) {
        for (const other of nodes) {
          const holds = frameOf(one.id) === other.id || frameOf(other.id) === one.id;
          if (one !== other && !holds) expect(meet(one, other), `seed ${seed}: ${one.id} and ${other.id}`).toBe(false);
        }
      }
      expect(withOpened(graph, new Map()).graph).toBe(graph);
    }
  });

  it("hold the called flow within their frame", () => {
    const { nodes } = withOpened(graphOf([node("call", 0, 0, { flow: "other" })]), new Map([["call", called(inner)]])).graph;
    const frame = nodes.find((one) => one.id === "call");
    const within = nodes.filter((one) => frameOf(one.id) === "call");
    expect(within.map((one) => nameOf(one.id))).toEqual(["a", "b"]);
    for (const one of within) {
      expect(one.x).toBeGreaterThan(frame?.x ?? 0);
      expect(one.x + one.width).toBeLessThan((frame?.x ?? 0) + (frame?.width ?? 0));
      expect(one.y + one.height).toBeLessThan((frame?.y ?? 0) + (frame?.height ?? 0));
    }
  });

  it("may be inside each other", () => {
    const middle = graphOf([node("again", 10, 10, { flow: "inmost" })]);
    const first = withOpened(graphOf([node("call", 0, 0, { flow: "middle" })]), new Map([["call", called(middle)]])).graph;
    const again = first.nodes.find((one) => nameOf(one.id) === "again")?.id ?? "";
    const { nodes } = withOpened(graphOf([node("call", 0, 0, { flow: "middle" })]), new Map([["call", called(middle)], [again, called(inner)]])).graph;
    expect(nodes.map((one) => nameOf(one.id))).toEqual(["call", "again", "a", "b"]);
    expect(nodes.map((one) => nameOf(frameOf(one.id)))).toEqual(["", "call", "again", "again"]);
  });

  it("say why there is nothing to see", () => {
    const { nodes } = withOpened(graphOf([node("call", 0, 0, { flow: "other" })]), new Map([["call", called(null, "there is no such flow")]])).graph;
    expect(nodes).toHaveLength(1);
    expect(nodes[0]?.frame?.said).toBe("there is no such flow");
  });

  it("know where a node belongs that is dropped beside a frame", () => {
    const graph = graphOf([node("call", 200, 100, { flow: "other" }), node("left", 0, 100), node("right", 400, 100), node("below", 200, 300)]);
    const picture = withOpened(graph, new Map([["call", called(inner)]]));
    for (const one of graph.nodes.slice(1)) {
      const shown = picture.graph.nodes.find((other) => other.id === one.id);
      expect(picture.home(shown ?? one, one)).toEqual({ x: one.x, y: one.y });
    }
  });
});
