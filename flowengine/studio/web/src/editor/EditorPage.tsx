import { useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { useStore } from "zustand";
import { listNodeTypes } from "../api/studio";
import type { Doc, Graph, NodeType } from "../api/types";
import { link, noteQuery, parse, replaceQuery, useRoute } from "../app/routes";
import { RefusedContext } from "../canvas/refused";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { ConflictDialog } from "./ConflictDialog";
import { ConnectDialog } from "./ConnectDialog";
import { EditorActions } from "./EditorActions";
import { EditorCanvas } from "./EditorCanvas";
import { EditorForm } from "./EditorForm";
import { FlowHead } from "./FlowHead";
import { foreseenForm } from "./foresight";
import { NodeSearch } from "./NodeSearch";
import { Palette } from "./Palette";
import { Panes, type Pane } from "./Panes";
import { closeEditor, editorOf, unsaved, type Editor } from "./store";
import { useDisk } from "./useDisk";
import { useEditorKeys } from "./useEditorKeys";
import { useEdits, type Asking } from "./useEdits";
import { useAuthorizations } from "./useAuthorizations";
import { useNodeForm } from "./useNodeForm";
import { YamlPart } from "./YamlPart";

const NO_TYPES: readonly NodeType[] = [];

/** A node to bring into sight; the count tells asking twice from asking once. */
export interface Sought {
  node: string;
  count: number;
}

/** Keep the selected node in the address, and open the flow with the one that it says. */
function useSelectionInAddress(editor: Editor): void {
  useEffect(() => {
    const { store } = editor;
    const note = () => nodeInAddress(editor.id) !== undefined && noteQuery({ node: store.getState().selected });
    const follow = () => {
      const wanted = nodeInAddress(editor.id);
      if (wanted !== undefined && wanted !== store.getState().selected) editor.select(wanted);
    };
    const wanted = nodeInAddress(editor.id) ?? null;
    if (!store.getState().history) void editor.load(wanted).then(note);
    // Coming from another view, the address has no node, and the one that was selected stays.
    else if (wanted === null) note();
    else follow();
    const forget = store.subscribe((now, before) => now.selected !== before.selected && note());
    window.addEventListener("hashchange", follow);
    return () => {
      forget();
      window.removeEventListener("hashchange", follow);
    };
  }, [editor]);
}

/** Return the node in the address, or null; undefined where it is the address of something else, such as the next page. */
function nodeInAddress(flow: string): string | null | undefined {
  const { path, query } = parse(window.location.hash);
  return path.length === 2 && path[1] === flow ? query.get("node") : undefined;
}

/** A flow whose id was changed and saved is at another address. */
function useAddressOfId(id: string, saved: string | null, dirty: boolean): void {
  useEffect(() => {
    if (saved === null || saved === id || dirty) return;
    closeEditor(id);
    window.location.replace(link(["flows", saved]));
  }, [id, saved, dirty]);
}

/** A flow to look at and to change. */
export function EditorPage({ id }: { id: string }): ReactNode {
  const editor = editorOf(id);
  const state = useStore(editor.store);
  const { history, graph, failure, base } = state;
  const dirty = unsaved(state);
  const doc = history?.now.doc ?? null;
  useSelectionInAddress(editor);
  useAddressOfId(id, base?.id ?? null, dirty);
  useDisk(editor);
  if (doc && graph) return <Loaded editor={editor} doc={doc} graph={graph} />;
  return (
    <>
      <FlowHead id={id} title={doc?.title ?? null} view="edit" />
      {failure ? <Problem error={failure} onAgain={() => void editor.load()} /> : <p className="empty">{strings.common.loading}</p>}
    </>
  );
}

function Loaded({ editor, doc, graph }: { editor: Editor; doc: Doc; graph: Graph }): ReactNode {
  const { selected, failure, typed, changedOnDisk, gone } = useStore(editor.store);
  const { query } = useRoute();
  const { value: asked, error: unknown } = useAsked(listNodeTypes, "nodes");
  const types = asked ?? (unknown ? NO_TYPES : null);
  const { authorizations, refused } = useAuthorizations();
  const [asking, setAsking] = useState<Asking | null>(null);
  const [searching, setSearching] = useState(false);
  const [problemsOpen, setProblemsOpen] = useState(false);
  const [pane, setPane] = useState<Pane>("canvas");
  const [sought, setSought] = useState<Sought | null>(null);
  const answered = useNodeForm(doc, selected, editor.identities.of);
  const form = useMemo(() => answered && foreseenForm(answered, graph), [answered, graph]);
  const yaml = query.get("yaml") === "1";
  const show = useCallback(
    (node: string) => {
      editor.select(node);
      setSought((before) => ({ node, count: (before?.count ?? 0) + 1 }));
    },
    [editor],
  );
  const edits = useEdits({ editor, ask: setAsking, show });
  const toggleYaml = () => {
    replaceQuery({ yaml: yaml ? null : "1" });
    setPane(yaml ? "canvas" : "yaml");
  };
  const toggleProblems = () => setProblemsOpen(!problemsOpen);
  useEditorKeys({ editor, edits, selected, setPane, toggleYaml, toggleProblems, connect: (from) => setAsking({ from, outcome: null }) });
  const outcomes = useMemo(() => form?.outcomes ?? [], [form]);
  return (
    <div className="editor">
      <FlowHead id={editor.id} title={doc.title} view="edit">
        <EditorActions editor={editor} doc={doc} yaml={yaml} toggleYaml={toggleYaml} />
      </FlowHead>
      {failure && <Problem error={failure} onDismiss={editor.dismiss} />}
      {gone && (
        <div className="notice" role="alert">
          <p>{strings.conflict.gone(shown(doc.path ?? editor.id))}</p>
          <Button onClick={() => void editor.save()}>{strings.conflict.writeAgain}</Button>
        </div>
      )}
      {changedOnDisk !== null && !gone && (
        <div className="notice" role="alert">
          <p>{strings.conflict.noticed}</p>
          <Button onClick={() => void editor.save()}>{strings.conflict.look}</Button>
        </div>
      )}
      <Panes
        pane={pane}
        onPane={setPane}
        add={<Palette types={types} form={form} onAdd={edits.add} />}
        canvas={
          <RefusedContext value={refused}>
            <EditorCanvas editor={editor} doc={doc} graph={graph} outcomes={outcomes} edits={edits} sought={sought} problemsOpen={problemsOpen} toggleProblems={toggleProblems} onAsk={setAsking} onSearch={() => setSearching(true)} onOpenForm={() => setPane("form")} />
          </RefusedContext>
        }
        yaml={yaml ? <YamlPart doc={doc} typed={typed} selected={selected} onText={editor.type} onSelect={editor.select} onUndo={editor.undo} onRedo={editor.redo} /> : null}
        form={<EditorForm doc={doc} graph={graph} selected={selected} form={form} authorizations={authorizations} edits={edits} identities={editor.identities} />}
      />
      {asking && (
        <ConnectDialog
          from={asking.from}
          outcome={asking.outcome}
          to={asking.to ?? null}
          outcomes={outcomes}
          graph={graph}
          types={types ?? NO_TYPES}
          onDone={(chosen, target) => {
            // The window lets go of the keys before they go to a node.
            flushSync(() => setAsking(null));
            edits.connect(asking.default ? null : asking.from, chosen, target);
          }}
          onClose={() => setAsking(null)}
        />
      )}
      {searching && (
        <NodeSearch
          graph={graph}
          onFound={(found) => {
            setSearching(false);
            show(found);
          }}
          onClose={() => setSearching(false)}
        />
      )}
      <Conflicts editor={editor} mine={doc.text} />
    </div>
  );
}

function Conflicts({ editor, mine }: { editor: Editor; mine: string }): ReactNode {
  const conflict = useStore(editor.store, (state) => state.conflict);
  if (!conflict) return null;
  return <ConflictDialog conflict={conflict} mine={mine} onTakeDisk={() => editor.takeDisk(conflict.disk)} onWrite={(written) => void editor.settle(written, conflict.disk)} onClose={editor.dismiss} />;
}
