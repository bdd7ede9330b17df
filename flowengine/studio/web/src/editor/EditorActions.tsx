import type { ReactNode } from "react";
import { useStore } from "zustand";
import type { Doc } from "../api/types";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import { ExportMenu } from "./ExportMenu";
import { unsaved, type Editor } from "./store";

const text = strings.editor;

interface Props {
  editor: Editor;
  doc: Doc;
  yaml: boolean;
  toggleYaml: () => void;
}

export function EditorActions({ editor, doc, yaml, toggleYaml }: Props): ReactNode {
  const state = useStore(editor.store);
  const dirty = unsaved(state);
  return (
    <>
      <Button icon="yaml" look="quiet" aria-pressed={yaml} onClick={toggleYaml} title={`${strings.yaml.title} (y)`}>
        {strings.yaml.title}
      </Button>
      <ExportMenu id={editor.id} title={doc.title ?? editor.id} />
      <span className={dirty ? "save-state is-dirty" : "save-state"}>{dirty ? text.notSaved : text.allSaved}</span>
      <Button icon="undo" look="quiet" label={text.undo} keys="Ctrl+Z" disabled={!state.history?.past.length} onClick={editor.undo} />
      <Button icon="redo" look="quiet" label={text.redo} keys="Ctrl+Shift+Z" disabled={!state.history?.future.length} onClick={editor.redo} />
      <Button icon="save" look="primary" disabled={!dirty || state.busy} onClick={() => void editor.save()} title={`${text.save} (Ctrl+S)`}>
        {text.save}
      </Button>
    </>
  );
}
