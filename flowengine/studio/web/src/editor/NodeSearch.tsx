import type { ReactNode } from "react";
import type { Graph } from "../api/types";
import { Chooser } from "../parts/Chooser";
import { Dialog } from "../parts/Dialog";
import { iconOf } from "../parts/icons";
import { strings } from "../strings";

export function NodeSearch({ graph, onFound, onClose }: { graph: Graph; onFound: (node: string) => void; onClose: () => void }): ReactNode {
  const outcomes = new Map<string, string>();
  for (const edge of graph.edges) if (!edge.default) outcomes.set(edge.from, `${outcomes.get(edge.from) ?? ""} ${edge.label}`);
  const choices = graph.nodes.map((node) => ({
    id: node.id,
    label: node.title ?? node.id,
    aside: [node.title === null ? "" : node.id, node.type ?? ""].filter(Boolean).join(" · "),
    words: outcomes.get(node.id) ?? "",
    icon: node.end === "success" ? ("check" as const) : node.end === "error" ? ("cross" as const) : iconOf(node.type, node.kind),
  }));
  return (
    <Dialog title={strings.canvas.search} onClose={onClose}>
      <Chooser label={strings.canvas.search} placeholder={strings.canvas.searchFor} choices={choices} onChoose={(choice) => onFound(choice.id)} onClose={onClose} />
    </Dialog>
  );
}
