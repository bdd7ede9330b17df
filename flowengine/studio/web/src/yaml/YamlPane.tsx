import type { EditorView } from "@codemirror/view";
import { useEffect, useRef, type ReactNode } from "react";
import type { Doc, Finding } from "../api/types";
import { strings } from "../strings";
import { mark, openEditor, replaceText, type Lines } from "./editor";

interface Props {
  doc: Doc;
  typed: string | null;
  selected: string | null;
  onText: (text: string) => void;
  onSelect: (node: string | null) => void;
  onUndo: () => void;
  onRedo: () => void;
}

function linesOf(doc: Doc, selected: string | null): Lines | null {
  const nodes = doc.graph?.nodes ?? [];
  const node = nodes.find((one) => one.id === selected);
  if (!node) return null;
  const next = Math.min(...nodes.filter((one) => one.line > node.line).map((one) => one.line - 1), Infinity);
  return { from: node.line, to: node.endLine ?? Math.min(next, node.line + 40) };
}

/** Return the node whose lines a line belongs to. */
export function nodeAt(doc: Doc, line: number): string | null {
  return doc.graph?.nodes.find((node) => line >= node.line && line <= (node.endLine ?? node.line))?.id ?? null;
}

/** The text of the flow, beside its picture: what is selected here is selected there. */
export function YamlPane({ doc, typed, selected, onText, onSelect, onUndo, onRedo }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ doc, onText, onSelect, onUndo, onRedo, fromHere: null as string | null });
  useEffect(() => {
    latest.current = { ...latest.current, doc, onText, onSelect, onUndo, onRedo };
  });
  useEffect(() => {
    if (!host.current) return;
    const editor = openEditor(host.current, latest.current.doc.text, {
      onText: (text) => latest.current.onText(text),
      onUndo: () => latest.current.onUndo(),
      onRedo: () => latest.current.onRedo(),
      onLine: (line) => {
        const node = nodeAt(latest.current.doc, line);
        latest.current.fromHere = node;
        if (node !== null) latest.current.onSelect(node);
      },
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    if (view.current && typed === null) replaceText(view.current, doc.text);
  }, [doc.text, typed]);
  const findings: readonly Finding[] | null = typed === null ? doc.findings : null;
  const shownNode = useRef<string | null>(null);
  useEffect(() => {
    if (!view.current || typed !== null) return;
    const scroll = selected !== shownNode.current && latest.current.fromHere !== selected;
    shownNode.current = selected;
    latest.current.fromHere = null;
    mark(view.current, findings ?? [], linesOf(doc, selected), scroll);
  }, [doc, findings, selected, typed]);
  return (
    <div className="yaml-pane">
      <div className="pane-head">
        <h2>{strings.yaml.title}</h2>
        <span className="soft small">{typed === null ? "" : strings.yaml.reading}</span>
      </div>
      {typed === null && doc.graph === null && <p className="yaml-stale">{strings.yaml.stale}</p>}
      <div className="yaml-host" ref={host} />
    </div>
  );
}
