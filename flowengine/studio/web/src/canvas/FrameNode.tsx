import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import { link } from "../app/routes";
import { Icon } from "../parts/icons";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { nameOf } from "./subflows";
import { classOf, type CardProps } from "./NodeCard";

export interface FrameData extends CardProps, Record<string, unknown> {
  toggle: (node: string) => void;
}

export type FrameNodeType = Node<FrameData, "frame">;

const text = strings.subflow;

/** A call that is open: a frame around the called flow, which is drawn in it to be read. */
export const FrameNode = memo(function FrameNode({ data, isConnectable }: NodeProps<FrameNodeType>): ReactNode {
  const { node, toggle } = data;
  const flow = node.flow ?? "";
  const name = node.title ?? nameOf(node.id);
  return (
    <>
      <Handle id="in" type="target" position={Position.Top} isConnectable={isConnectable} className="port port-in" tabIndex={-1} />
      <div className={`${classOf(data)} card-frame`}>
        <span className="sr">{text.frame(shown(name), shown(node.frame?.title ?? flow))}</span>
        <div className="frame-head" aria-hidden="true">
          <Icon name="flow" />
          <span className="card-title">
            <Name text={name} />
          </span>
          <a className="frame-link" tabIndex={-1} href={link(["flows", flow])} title={strings.form.openFlow(shown(flow))}>
            <Name text={flow} mono />
            <Icon name="external" size={12} />
          </a>
          <button type="button" className="frame-close" tabIndex={-1} title={`${text.close(shown(flow))} (o)`} onClick={(event) => {
            event.stopPropagation();
            toggle(node.id);
          }}>
            <Icon name="minus" size={12} />
          </button>
        </div>
        {node.frame?.said != null && <p className="frame-said" role="status">{shown(node.frame.said)}</p>}
      </div>
      <Handle id="out" type="source" position={Position.Bottom} isConnectable={isConnectable} className="port port-out" tabIndex={-1} />
    </>
  );
});
