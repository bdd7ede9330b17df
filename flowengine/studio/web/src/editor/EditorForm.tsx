import { useState, type ReactNode } from "react";
import type { NamedAuthorization } from "../api/studio";
import type { Doc, Graph, NodeForm } from "../api/types";
import { go, link } from "../app/routes";
import { FlowPane } from "../forms/FlowPane";
import { NodePane } from "../forms/NodePane";
import { useFlowForm } from "../forms/useFlowForm";
import { PeekDialog } from "./PeekDialog";
import type { Identities } from "./identities";
import type { Edits } from "./useEdits";

interface Props {
  doc: Doc;
  graph: Graph;
  selected: string | null;
  form: NodeForm | null;
  authorizations: readonly NamedAuthorization[];
  edits: Edits;
  identities: Identities;
}

/** The form of the selected node; of the flow while none is. */
export function EditorForm({ doc, graph, selected, form, authorizations, edits, identities }: Props): ReactNode {
  const [peeked, setPeeked] = useState<string | null>(null);
  const { fix, show } = edits;
  const node = graph.nodes.find((one) => one.id === selected);
  const flowForm = useFlowForm(doc, node === undefined);
  const findings = (doc.findings ?? []).filter((finding) => (finding.node ?? null) === (node?.id ?? null));
  if (!node) return <FlowPane doc={doc} form={flowForm} findings={findings} authorizations={authorizations} actions={{ ...edits.flow, fix, show }} />;
  return (
    <>
      <NodePane key={identities.of(node.id)} doc={doc} node={node} form={form} findings={findings} authorizations={authorizations} actions={{ ...edits.node, fix, show, openFlow: (flow) => go(link(["flows", flow])), peek: setPeeked }} />
      {peeked !== null && <PeekDialog flow={peeked} onClose={() => setPeeked(null)} />}
    </>
  );
}
