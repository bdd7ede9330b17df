import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import { Icon } from "../parts/icons";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { NodeCard, type CardProps } from "./NodeCard";

export interface FlowNodeData extends CardProps, Record<string, unknown> {
  /** What hangs below a selected node: its outcomes, to connect them. */
  tray: ReactNode;
  /** Of a node that calls a flow: shows that flow in its place. */
  toggle: ((node: string) => void) | null;
}

export type FlowNodeType = Node<FlowNodeData, "flow">;

export const FlowNode = memo(function FlowNode({ data, isConnectable }: NodeProps<FlowNodeType>): ReactNode {
  return (
    <>
      <Handle id="in" type="target" position={Position.Top} isConnectable={isConnectable} className="port port-in" tabIndex={-1} />
      <NodeCard {...data} />
      {data.node.kind !== "end" && (
        <Handle id="out" type="source" position={Position.Bottom} isConnectable={isConnectable} className="port port-out" tabIndex={-1} />
      )}
      {data.toggle && data.node.flow != null && <OpenCall node={data.node.id} flow={data.node.flow} toggle={data.toggle} />}
      {data.tray}
    </>
  );
});

/** For the pointer; the keys have `o`, and the form a button. A node is a button, and may have none inside for those who hear it. */
function OpenCall({ node, flow, toggle }: { node: string; flow: string; toggle: (node: string) => void }): ReactNode {
  const says = strings.subflow.open(shown(flow));
  return (
    <button
      type="button"
      className="card-open"
      tabIndex={-1}
      aria-hidden="true"
      title={`${says} (o)`}
      onClick={(event) => {
        event.stopPropagation();
        toggle(node);
      }}
    >
      <Icon name="plus" size={12} />
    </button>
  );
}

export type TriggerNodeType = Node<{ lines: string[] }, "trigger">;

export const TriggerNode = memo(function TriggerNode({ data }: NodeProps<TriggerNodeType>): ReactNode {
  const [first, ...rest] = data.lines;
  return (
    <div className="card card-trigger" role="note" aria-label={strings.canvas.startedBy(data.lines.join(" "))}>
      <span className="card-text">
        <span className="card-title">
          <Name text={first ?? ""} />
        </span>
        {rest.map((line) => (
          <span key={line} className="card-line mono">
            <Name text={line} />
          </span>
        ))}
      </span>
    </div>
  );
});
