import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Doc, EditedDoc, Graph, Operation } from "../api/types";
import type { Editor } from "./store";

// The page's own address, which the client asks for when it is loaded.
vi.stubGlobal("document", { baseURI: "http://localhost/" });
const { ApiError } = await import("../api/client");
const { Editor: AnEditor, unsaved } = await import("./store");

/** A server for which a flow is the lines of its text, each a node with its title: `id title`. */
const server = vi.hoisted(() => ({ waiting: [] as (() => void)[], refused: new Set<string>() }));

function graphOf(text: string): Graph {
  const nodes = text.split("\n").map((line, number) => {
    const [id = "", ...title] = line.split(" ");
    return { id, kind: "work" as const, type: "delay", version: null, title: title.join(" ") || null, authorization: null, line: number + 1, moved: false, x: 0, y: number * 100, width: 190, height: 64 };
  });
  return { start: nodes[0]?.id ?? "", nodes, edges: [], width: 190, height: nodes.length * 100, trigger: null };
}

const docOf = (text: string) => ({ id: "f", path: "f.yaml", text, version: text, title: null, graph: graphOf(text), findings: [] }) as unknown as Doc;

function edited(text: string, operation: Operation): string {
  const lines = text.split("\n");
  if (operation.op === "add-node") return [...lines, operation.id].join("\n");
  if (operation.op === "remove") return lines.filter((line) => line.split(" ")[0] !== operation.node).join("\n");
  if (operation.op !== "set") throw new Error(operation.op);
  return lines.map((line) => (line.split(" ")[0] === operation.node ? `${operation.node} ${JSON.stringify(operation.value).slice(1, -1)}` : line)).join("\n");
}

vi.mock("../api/studio", () => {
  const answered = () => new Promise<void>((done) => server.waiting.push(done));
  return {
    openFlow: () => Promise.resolve(docOf("a\nb")),
    readDocument: async ({ text }: { text: string }) => (await answered(), docOf(text)),
    editDocument: async ({ text }: { text: string }, operations: Operation[]): Promise<EditedDoc> => {
      await answered();
      const written = operations.reduce(edited, text);
      if (server.refused.has(written.split("\n").at(-1) ?? "")) throw new ApiError(422, "refused", "No.", null, null);
      return { ...docOf(written), added: [], changedLines: [] };
    },
    findingsOf: () => Promise.resolve([]),
    conflictOf: () => null,
  };
});

const title = (node: string, value: string): Operation => ({ op: "set", node, path: ["title"], value });

/** Let the server answer what it is asked, or only the next thing. */
async function answer(most = Infinity): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  for (let done = server.waiting.shift(); done && most > 0; done = --most > 0 ? server.waiting.shift() : undefined) {
    done();
    await vi.advanceTimersByTimeAsync(0);
  }
}

describe("an editor", () => {
  let editor: Editor;
  const state = () => editor.store.getState();
  const shown = () => state().graph?.nodes.map((node) => [node.id, node.title].filter(Boolean).join(" ")).join("\n");
  const text = () => state().history?.now.doc.text;

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal("window", globalThis);
    server.waiting.length = 0;
    server.refused.clear();
    editor = new AnEditor("f");
    await editor.load();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("shows changes at once, and makes each to what the one before has left", async () => {
    void editor.apply([title("a", "one")], "");
    void editor.apply([title("b", "two")], "");
    void editor.apply([{ op: "add-node", type: "delay", id: "c" }], "", "c");
    expect(shown()).toBe("a one\nb two\nc");
    expect(state()).toMatchObject({ pending: 3, selected: "c" });
    expect(unsaved(state())).toBe(true);
    await answer(1);
    expect(text()).toBe("a one\nb");
    expect(shown()).toBe("a one\nb two\nc");
    await answer();
    expect(text()).toBe("a one\nb two\nc");
    expect(state()).toMatchObject({ pending: 0, busy: false, selected: "c" });
    expect(state().history?.past).toHaveLength(3);
  });

  it("takes back only the change that is refused", async () => {
    server.refused.add("b no");
    void editor.apply([title("b", "no")], "");
    void editor.apply([title("a", "one")], "");
    expect(shown()).toBe("a one\nb no");
    await answer(1);
    expect(shown()).toBe("a one\nb");
    expect(state().failure?.message).toBe("No.");
    await answer();
    expect(text()).toBe("a one\nb");
    expect(state()).toMatchObject({ pending: 0, busy: false });
  });

  it("keeps what is selected when adding a node is refused", async () => {
    editor.select("a");
    server.refused.add("c");
    void editor.apply([{ op: "add-node", type: "delay", id: "c" }], "", "c");
    expect(state().selected).toBe("c");
    await answer();
    expect(state().selected).toBe("a");
    expect(shown()).toBe("a\nb");
  });

  it("leaves the selection where it was put while the server was asked", async () => {
    void editor.apply([title("a", "one")], "", "a");
    editor.select(null);
    await answer();
    expect(state().selected).toBeNull();
    server.refused.add("c");
    void editor.apply([{ op: "add-node", type: "delay", id: "c" }], "", "c");
    editor.select("b");
    await answer();
    expect(state()).toMatchObject({ selected: "b", pending: 0 });
  });

  it("goes back by what was asked for last, also before it is answered", async () => {
    void editor.apply([title("a", "one")], "");
    editor.undo();
    void editor.apply([title("b", "two")], "");
    await answer();
    expect(text()).toBe("a\nb two");
    expect(shown()).toBe("a\nb two");
    editor.undo();
    await answer();
    expect(text()).toBe("a\nb");
  });

  it("goes back to what was selected then, also where the next change was asked for before the answer", async () => {
    void editor.apply([{ op: "add-node", type: "delay", id: "c" }], "", "c");
    void editor.apply([{ op: "add-node", type: "delay", id: "d" }], "", "d");
    await answer();
    expect(state().selected).toBe("d");
    editor.undo();
    await answer();
    expect(shown()).toBe("a\nb\nc");
    expect(state().selected).toBe("c");

    void editor.apply([title("a", "one")], "", "a");
    editor.select("b");
    void editor.apply([title("b", "two")], "");
    await answer();
    editor.select(null);
    editor.undo();
    await answer();
    expect(state().selected).toBe("b");
  });

  it("reads what is being typed before it makes a change to it", async () => {
    editor.type("a\nb typed");
    void editor.apply([title("a", "one")], "");
    await answer();
    expect(text()).toBe("a one\nb typed");
    expect(state().typed).toBeNull();
    editor.undo();
    await answer();
    expect(text()).toBe("a\nb typed");
  });
});
