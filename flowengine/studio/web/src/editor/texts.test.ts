import { describe, expect, it } from "vitest";
import type { Doc } from "../api/types";
import { diff } from "./diff";
import { begun, grown, redone, undone } from "./history";

const doc = (text: string): Doc => ({ id: "f", path: null, title: null, text, version: text, graph: null, findings: [] });
const snapshot = (text: string) => ({ doc: doc(text), selected: null });

describe("the history of texts", () => {
  const two = grown(grown(begun(doc("a")), snapshot("b")), snapshot("c"));

  it("goes back and forth", () => {
    const back = undone(undone(two));
    expect(back.now.doc.text).toBe("a");
    expect(redone(redone(back)).now.doc.text).toBe("c");
  });

  it("joins letters that are typed one after the other", () => {
    const typed = grown(two, snapshot("cd"), true);
    expect(undone(typed).now.doc.text).toBe("b");
  });

  it("forgets what was undone once something else is done", () => expect(redone(grown(undone(two), snapshot("x"))).now.doc.text).toBe("x"));
  it("has no step for a text that is the same", () => expect(grown(two, snapshot("c")).past).toHaveLength(2));
});

describe("diff", () => {
  const states = (before: string, after: string) => diff(before, after).map((line) => `${line.state[0] ?? ""}${line.text}`);

  it("shows a changed line as removed and added", () => expect(states("a\nb\nc", "a\nx\nc")).toEqual(["sa", "rb", "ax", "sc"]));
  it("shows nothing but a gap where nothing differs", () => expect(states("a\nb", "a\nb")).toEqual(["g⋯"]));
  it("keeps three lines around a change", () => {
    const lines = Array.from({ length: 20 }, (_, number) => String(number));
    const shown = states(lines.join("\n"), lines.with(10, "x").join("\n"));
    expect(shown).toEqual(["g⋯", "s7", "s8", "s9", "r10", "ax", "s11", "s12", "s13", "g⋯"]);
  });
});
