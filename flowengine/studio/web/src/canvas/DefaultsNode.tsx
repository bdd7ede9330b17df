import type { Node, NodeProps } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import type { DefaultEdge } from "./bundles";
import { SIGNS } from "./EdgeLayer";

export type DefaultsNodeType = Node<{ targets: [string, DefaultEdge[]][] }, "defaults">;

/** The edges of `defaults`, once: where outcomes lead at any node that does not say so itself. */
export const DefaultsNode = memo(function DefaultsNode({ data }: NodeProps<DefaultsNodeType>): ReactNode {
  return (
    <div className="card card-trigger card-defaults" role="note" aria-label={strings.canvas.anyNode}>
      <span className="card-title">{strings.canvas.anyNode}</span>
      {data.targets.map(([target, edges]) => (
        <div key={target}>
          <span className="card-line">
            {strings.outcomes.byDefault} → <Name text={target} mono />
          </span>
          <span className="card-chips">
            {edges.map(({ outcome, label, to, kind, nodes }) => (
              <span key={outcome} className={`edge-chip ${kind}`} data-default={outcome} data-to={to} data-nodes={nodes} title={strings.canvas.defaultEdge(shown(label), shown(to), nodes)}>
                <span className="edge-sign" aria-hidden="true">
                  {SIGNS[kind]}
                </span>
                <bdi>{shown(label)}</bdi>
              </span>
            ))}
          </span>
        </div>
      ))}
    </div>
  );
});
