import { useMemo } from "react";
import type { Fix, Operation } from "../api/types";
import type { Place } from "../canvas/Canvas";
import { focusNode } from "../canvas/useNodeKeys";
import { strings } from "../strings";
import { adding, newId } from "./adding";
import type { Target } from "./ConnectDialog";
import type { Editor } from "./store";

/** An outcome that is about to be connected; `default` for one of `defaults`. */
export interface Asking {
  from: string;
  outcome: string | null;
  to?: string;
  default?: boolean;
}

interface Props {
  editor: Editor;
  ask: (asking: Asking) => void;
  show: (node: string) => void;
}

const STANDARD = ["onError", "onTimeout", "onInvalidData", "onInvalidChoice", "onAuthorizationFailure"];
const text = strings.done;
/** Where the pointer holds what is dropped: about the middle of a node. */
const DROPPED = { x: 95, y: 32 };

/** Return what changes the text as it is when it comes to it, and says whether it did. */
const tried = (editor: Editor) => async (operations: Operation[], said: string) => {
  const before = editor.store.getState().failure;
  await editor.apply(operations, said);
  const { failure } = editor.store.getState();
  return failure === null || failure === before;
};

/** Changes of the whole flow. */
function flowEdits({ editor, ask }: Props) {
  return {
    apply: tried(editor),
    allErrors: () => {
      const { graph } = editor.store.getState();
      if (!graph) return;
      const end = graph.nodes.find((node) => node.end === "error");
      const id = end?.id ?? newId(graph, "failed");
      const first: Operation[] = end ? [] : [{ op: "add-end", end: "error", id }];
      void editor.apply([...first, ...STANDARD.map((outcome): Operation => ({ op: "connect", node: null, outcome, to: id }))], text.errorsLead(id), null);
    },
    connectDefault: (outcome: string) => ask({ from: "", outcome, default: true }),
    disconnectDefault: (outcome: string) => void editor.apply([{ op: "disconnect", node: null, outcome }], text.disconnected(outcome)),
  };
}

/** Changes of the selected node. */
function nodeEdits({ editor, ask }: Props) {
  const here = () => editor.store.getState().selected ?? "";
  return {
    apply: tried(editor),
    rename: (to: string) => void editor.apply([{ op: "rename", node: here(), to }], text.renamed(to), to),
    remove: () => void editor.apply([{ op: "remove", node: here() }], text.removed(here()), null),
    setStart: () => void editor.apply([{ op: "set-start", node: here() }], text.start(here())),
    connect: (outcome: string | null) => ask({ from: here(), outcome }),
    disconnect: (outcome: string) => void editor.apply([{ op: "disconnect", node: here(), outcome }], text.disconnected(outcome)),
  };
}

/** Return the changes that one can make, as operations on the text. */
function editsOf(props: Props) {
  const { editor, show } = props;
  const copy = (operation: Operation) => {
    const at = document.activeElement;
    void editor.apply([operation], text.copied).then(() => {
      const { selected } = editor.store.getState();
      if (selected !== null) focusNode(selected, at);
    });
  };
  const add = (choice: string, place: Place | null) => {
    const { graph } = editor.store.getState();
    if (!graph) return;
    const { operation, id } = adding(graph, choice, place && "node" in place ? place : undefined);
    const at = place && "at" in place ? { [id]: { x: Math.round(place.at.x - DROPPED.x), y: Math.round(place.at.y - DROPPED.y) } } : {};
    // A new flow begins with an end, which nobody means to start with once there is a node.
    const startsWithEnd = graph.nodes.some((node) => node.id === graph.start && node.kind === "end");
    const first: Operation[] = startsWithEnd && operation.op === "add-node" ? [{ op: "set-start", node: id }] : [];
    void editor.apply([operation, ...first], text.added(id), id, at);
    if (first.length > 0 && !(place && "at" in place)) void editor.tidy();
    focusNode(id);
  };
  const cut = (from: string, ...outcomes: string[]) => {
    const lines = outcomes.map((outcome): Operation => ({ op: "disconnect", node: from, outcome }));
    void editor.apply(lines, text.disconnected(outcomes.join(", ")), from);
    focusNode(from);
  };
  const connect = (from: string | null, outcomes: string[], target: Target) => {
    if ("nowhere" in target) {
      if (from !== null) cut(from, ...outcomes);
      return;
    }
    const { graph } = editor.store.getState();
    if (!graph) return;
    const to = "node" in target ? null : adding(graph, target.add);
    const id = "node" in target ? target.node : (to?.id ?? "");
    const lines = outcomes.map((outcome): Operation => ({ op: "connect", node: from, outcome, to: id }));
    const said = to ? text.added(id) : text.connected(outcomes.join(", "), id);
    void editor.apply(to ? [to.operation, ...lines] : lines, said, to ? id : from);
    if (to !== null || from !== null) focusNode(to ? id : (from ?? id));
  };
  return {
    add,
    connect,
    cut,
    duplicate: (node: string) => copy({ op: "duplicate", node }),
    paste: (written: string) => copy({ op: "paste", text: written }),
    node: nodeEdits(props),
    flow: flowEdits(props),
    fix: (fix: Fix) => void editor.apply([{ op: "apply", edits: fix.edits }], strings.editor.fixed),
    show,
  };
}

export type Edits = ReturnType<typeof editsOf>;

/** Return the changes of a flow: the same ones as long as it is open, so that what only may make them is not drawn again. */
export function useEdits({ editor, ask, show }: Props): Edits {
  return useMemo(() => editsOf({ editor, ask, show }), [editor, ask, show]);
}
