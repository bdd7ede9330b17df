import { useMemo, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import type { Doc, Graph, NodeOutcome } from "../api/types";
import { Canvas, type Editing } from "../canvas/Canvas";
import { CanvasTools } from "../canvas/CanvasTools";
import type { EdgeEditing } from "../canvas/EdgeChip";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import type { Sought } from "./EditorPage";
import { OutcomeTray } from "./OutcomeTray";
import { Problems, problemsByNode } from "./Problems";
import type { Editor } from "./store";
import { focusForm } from "./useEditorKeys";
import type { Asking, Edits } from "./useEdits";

const text = strings.editor;

interface Props {
  editor: Editor;
  doc: Doc;
  graph: Graph;
  outcomes: readonly NodeOutcome[];
  edits: Edits;
  sought: Sought | null;
  problemsOpen: boolean;
  toggleProblems: () => void;
  onAsk: (asking: Asking) => void;
  onSearch: () => void;
  onOpenForm: () => void;
}

/** The picture that is changed, its tools, and the problems below it. */
export function EditorCanvas(props: Props): ReactNode {
  const { editor, doc, graph, outcomes, edits, onAsk } = props;
  const { selected, said } = useStore(editor.store);
  const [errorsPutAway, setErrorsPutAway] = useState(false);
  const [defaults, setDefaults] = useState(false);
  // For itself, so that the edges are not drawn again with each change.
  const edges = useMemo<EdgeEditing>(
    () => ({
      onPick: (edge) => editor.select(edge.from),
      onOpen: (edge) => {
        editor.select(edge.from);
        onAsk({ from: edge.from, outcome: edge.outcome });
      },
      onCut: (edge) => edits.cut(edge.from, edge.outcome),
      onLead: (edges, to) => edits.connect(edges[0]?.from ?? null, edges.map((edge) => edge.outcome), { node: to }),
    }),
    [editor, edits, onAsk],
  );
  const editing = useMemo<Editing>(
    () => ({
      tray: (node) => <OutcomeTray node={node} outcomes={outcomes} onConnect={(outcome) => onAsk({ from: node, outcome })} />,
      onMove: (positions) => void editor.move(positions),
      onConnect: (from, outcome, to) => {
        if (outcome === null) {
          editor.select(from);
          onAsk({ from, outcome, to });
        } else edits.connect(from, [outcome], { node: to });
      },
      onConnectToNothing: (from, outcome) => {
        editor.select(from);
        onAsk({ from, outcome });
      },
      onDropType: edits.add,
      edges,
    }),
    [outcomes, editor, edits, edges, onAsk],
  );
  const problems = useMemo(() => problemsByNode(doc.findings ?? []), [doc.findings]);
  return (
    <>
      <Canvas
        graph={graph}
        label={text.canvas(doc.title ?? editor.id)}
        selected={selected}
        onSelect={editor.select}
        onOpen={() => {
          props.onOpenForm();
          focusForm();
        }}
        problems={problems}
        errorsPutAway={errorsPutAway}
        defaults={defaults}
        editing={editing}
      >
        <CanvasTools
          onSearch={props.onSearch}
          errorsPutAway={{ on: errorsPutAway, toggle: () => setErrorsPutAway(!errorsPutAway) }}
          defaults={{ on: defaults, toggle: () => setDefaults(!defaults) }}
          selected={selected}
          sought={props.sought}
        >
          <Button look="quiet" onClick={() => void editor.tidy()} title={text.tidyHelp}>
            {text.tidy}
          </Button>
        </CanvasTools>
      </Canvas>
      <Problems
        findings={doc.findings}
        open={props.problemsOpen}
        onToggle={props.toggleProblems}
        said={said}
        onFix={edits.fix}
        onShow={(finding) => {
          if (finding.node != null) edits.show(finding.node);
        }}
      />
    </>
  );
}
