import { useEffect } from "react";
import { useShortcuts } from "../app/shortcuts";
import { focusNode } from "../canvas/useNodeKeys";
import { useClipboard } from "./useClipboard";
import type { Pane } from "./Panes";
import type { Editor } from "./store";
import type { Edits } from "./useEdits";

const FIELDS = ":is(input, textarea, select)";

/** Return the field that one most likely wants: the first input that has to be given yet, else the first input, else the first field. */
function firstField(pane: ParentNode): HTMLElement | null {
  const inputs = [...pane.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>(`.form-inputs ${FIELDS}`)];
  return inputs.find((one) => one.ariaRequired === "true" && one.value === "") ?? inputs[0] ?? pane.querySelector<HTMLElement>(`.form-part ${FIELDS}`);
}

/** Go to the form: to what has to be written there, or to the id. It may not be there yet when a node has just been selected. */
export function focusForm(part: "inputs" | "id" = "inputs", tries = 60): void {
  requestAnimationFrame(() => {
    const pane = document.querySelector(".node-pane");
    const isWhole = pane !== null && (part === "id" || pane.querySelector(".form-inputs") !== null);
    if (!isWhole && tries > 0) focusForm(part, tries - 1);
    else if (pane) (part === "id" ? pane.querySelector<HTMLElement>(`.form-part ${FIELDS}`) : firstField(pane))?.focus();
  });
}

/** Escape leads from the panes back to the node, and an arrow key from nowhere into the picture. */
function useWaysBack(editor: Editor, setPane: (pane: Pane) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { selected, graph } = editor.store.getState();
      const at = event.target instanceof Element ? event.target : null;
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape" && selected !== null && (at === document.body || at?.closest(".pane-form, .pane-add, .pane-yaml"))) {
        setPane("canvas");
        focusNode(selected);
      } else if (/^(Arrow|Home)/.test(event.key) && at === document.body && graph) {
        editor.select(selected ?? graph.start);
        focusNode(selected ?? graph.start);
      } else return;
      event.preventDefault();
    };
    // Before the keys of the page, for which Escape selects nothing.
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [editor, setPane]);
}

interface Props {
  editor: Editor;
  edits: Edits;
  selected: string | null;
  setPane: (pane: Pane) => void;
  toggleYaml: () => void;
  toggleProblems: () => void;
  connect: (from: string) => void;
}

export function useEditorKeys({ editor, edits, selected, setPane, toggleYaml, toggleProblems, connect }: Props): void {
  const withNode = (action: (node: string) => void) => () => {
    if (selected !== null) action(selected);
  };
  const edit = (part: "inputs" | "id") => () => {
    setPane("form");
    focusForm(part);
  };
  useWaysBack(editor, setPane);
  useClipboard({ editor, edits, selected });
  useShortcuts({
    "mod+s": () => void editor.save(),
    "mod+z": editor.undo,
    "mod+shift+z": editor.redo,
    "mod+y": editor.redo,
    n: () => {
      setPane("add");
      const focus = () => document.getElementById("palette-filter")?.focus();
      // At once, for what is typed next; on a narrow page it has to be shown first.
      focus();
      requestAnimationFrame(focus);
    },
    "mod+d": withNode(edits.duplicate),
    c: withNode(connect),
    y: toggleYaml,
    p: toggleProblems,
    Delete: withNode(edits.node.remove),
    Backspace: withNode(edits.node.remove),
    F2: edit("id"),
    i: edit("inputs"),
    Escape: () => editor.select(null),
  });
}
