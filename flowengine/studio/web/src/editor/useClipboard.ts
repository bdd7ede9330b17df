import { useEffect } from "react";
import type { Doc } from "../api/types";
import type { Editor } from "./store";
import type { Edits } from "./useEdits";

/** Return the lines of a node, as far to the left as they go. */
export function yamlOf(doc: Doc, id: string): string | null {
  const node = doc.graph?.nodes.find((one) => one.id === id);
  if (!node) return null;
  const lines = doc.text.split(/\r\n?|\n/).slice(node.line - 1, node.endLine ?? node.line);
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  return `${lines.map((line) => line.slice(Math.min(indent, /^ */.exec(line)?.[0].length ?? 0))).join("\n").trimEnd()}\n`;
}

/** Whether the clipboard is somebody else's: a field, a dialog, or words that are marked on the page. */
function isTaken(event: ClipboardEvent): boolean {
  const target = event.composedPath()[0];
  const writes = target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
  return event.defaultPrevented || writes || document.querySelector("dialog[open]") !== null || (event.type !== "paste" && document.getSelection()?.isCollapsed === false);
}

interface Props {
  editor: Editor;
  edits: Edits;
  selected: string | null;
}

/** Copy, cut and paste nodes: as the YAML that they are, so also from and into other flows and editors. */
export function useClipboard({ editor, edits, selected }: Props): void {
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      const doc = editor.store.getState().history?.now.doc;
      const text = doc && selected !== null && !isTaken(event) ? yamlOf(doc, selected) : null;
      if (text === null || !event.clipboardData) return;
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") edits.node.remove();
    };
    const onPaste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (isTaken(event) || text.trim() === "") return;
      event.preventDefault();
      edits.paste(text);
    };
    const stop = new AbortController();
    document.addEventListener("copy", onCopy, { signal: stop.signal });
    document.addEventListener("cut", onCopy, { signal: stop.signal });
    document.addEventListener("paste", onPaste, { signal: stop.signal });
    return () => stop.abort();
  }, [editor, edits, selected]);
}
