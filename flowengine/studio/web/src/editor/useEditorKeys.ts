import { useShortcuts } from "../app/shortcuts";
import type { Pane } from "./Panes";
import type { Editor } from "./store";
import type { Edits } from "./useEdits";

/** Go to the first field of the form. It may not be there yet when a node has just been selected. */
export function focusForm(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".node-pane .form-part textarea, .node-pane .form-part select")?.focus());
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
  const edit = () => {
    setPane("form");
    focusForm();
  };
  useShortcuts({
    "mod+s": () => void editor.save(),
    "mod+z": editor.undo,
    "mod+shift+z": editor.redo,
    "mod+y": editor.redo,
    n: () => {
      setPane("add");
      requestAnimationFrame(() => document.getElementById("palette-filter")?.focus());
    },
    c: withNode(connect),
    y: toggleYaml,
    p: toggleProblems,
    Delete: withNode(edits.node.remove),
    Backspace: withNode(edits.node.remove),
    F2: edit,
    i: edit,
    Escape: () => editor.select(null),
  });
}
