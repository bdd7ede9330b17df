import { describe, expect, it } from "vitest";
import type { Graph, NodeForm, NodeOutcome } from "../api/types";
import { foreseen, foreseenForm } from "./foresight";

const node = (id: string) => ({ id, kind: "work" as const, type: "delay", version: null, title: null, authorization: null, line: 1, moved: false, x: 0, y: 0, width: 190, height: 64 });
const edge = (outcome: string, to: string, byDefault = false) => ({ from: "a", outcome, label: outcome, to, kind: "success" as const, default: byDefault, line: 0, points: null });
const graph: Graph = { start: "a", nodes: ["a", "b", "c"].map(node), edges: [edge("led", "b"), edge("onError", "c", true)], width: 0, height: 0, trigger: null };

const outcome = (name: string, to: string | null, facts: Partial<NodeOutcome> = {}): NodeOutcome => ({ name, kind: "success", description: null, to, label: null, default: false, fallThrough: false, ...facts });
const form = { node: "a", outcomes: [outcome("led", "b"), outcome("open", null), outcome("fallen", "c", { fallThrough: true }), outcome("onError", "c", { default: true })] } as unknown as NodeForm;

const leads = ({ outcomes }: NodeForm) => outcomes.map(({ name, to, default: byDefault, fallThrough }) => `${name} ${to}${byDefault ? " by default" : ""}${fallThrough ? " falls" : ""}`);

describe("the form that is foreseen", () => {
  it("is the server's, where nothing is ahead of it", () => {
    expect(foreseenForm(form, graph)).toBe(form);
  });

  it("has outcomes where they are about to lead", () => {
    const ahead = foreseen(graph, ["open", "fallen", "onError"].map((name) => ({ op: "connect", node: "a", outcome: name, to: "b" }) as const));
    expect(leads(foreseenForm(form, ahead))).toEqual(["led b", "open b", "fallen b", "onError b"]);
  });

  it("has outcomes lead nowhere that are about to be cut", () => {
    const ahead = foreseen(graph, [{ op: "disconnect", node: "a", outcome: "led" }]);
    expect(leads(foreseenForm(form, ahead))).toEqual(["led null", "open null", "fallen c falls", "onError c by default"]);
  });
});
