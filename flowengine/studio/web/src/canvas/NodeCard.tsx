import { useContext, type ReactNode } from "react";
import type { GraphNode, Severity } from "../api/types";
import { Icon, iconOf } from "../parts/icons";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { nameOf } from "./subflows";
import type { NodeMark } from "./overlay";
import { RefusedContext } from "./refused";

const text = strings.canvas;

export interface CardProps {
  node: GraphNode;
  selected?: boolean;
  problem?: Severity | undefined;
  problems?: number;
  mark?: NodeMark | undefined;
  dimmed?: boolean;
  /** How many outcomes lead to what is put away. */
  putAway?: number;
}

function heatStep(heat: number | undefined): string {
  return heat === undefined ? "" : ` heat-${Math.min(5, Math.ceil(heat * 5))}`;
}

export function classOf({ node, selected, problem, mark, dimmed }: CardProps): string {
  const parts = ["card", `card-${node.kind}`];
  if (node.end) parts.push(`end-${node.end}`);
  if (selected) parts.push("is-selected");
  if (problem) parts.push(`has-${problem}`);
  if (mark?.tone) parts.push(`tone-${mark.tone}`);
  if (node.state && node.state !== "same") parts.push(`tone-${node.state}`);
  if (dimmed) parts.push("is-dim");
  return parts.join(" ") + heatStep(mark?.heat);
}

/** What a screen reader says of a node. `refused`: why its authorization cannot be used. */
function spokenName({ node, problems = 0, mark }: CardProps, refused: string | undefined): string {
  const words = [node.title ?? nameOf(node.id), nameOf(node.id), node.end ? text.ends(node.end) : `${node.type ?? ""} ${node.version ?? ""}`];
  if (node.authorization) words.push(text.authorizedBy(node.authorization, refused));
  if (problems) words.push(text.problems(problems));
  if (mark?.spoken) words.push(mark.spoken);
  return shown([...new Set(words.map((word) => word.trim()).filter(Boolean))].join(", "));
}

/** The face of a node: icon, title, id, type and version, authorization; what is wrong and how it went. */
export function NodeCard(props: CardProps): ReactNode {
  const { node, problem, problems = 0, mark, putAway = 0 } = props;
  const refused = useContext(RefusedContext).get(node.authorization ?? "");
  const icon = node.end === "success" ? "check" : node.end === "error" ? "cross" : iconOf(node.type, node.kind);
  return (
    <div className={classOf(props)}>
      <span className="sr">{spokenName(props, refused)}</span>
      <span className="card-icon">
        <Icon name={icon} />
      </span>
      <span className="card-text" aria-hidden="true">
        <span className="card-title">
          <Name text={node.title ?? nameOf(node.id)} />
        </span>
        <span className="card-line mono">
          {node.title !== null && <Name text={nameOf(node.id)} />}
          {node.authorization !== null && (
            <span className={refused === undefined ? "card-authorization" : "card-authorization is-refused"} title={refused && text.authorizedBy(shown(node.authorization), refused)}>
              <Icon name={refused === undefined ? "key" : "warning"} size={12} />
              <Name text={node.authorization} />
            </span>
          )}
        </span>
        {node.type !== null && (
          <span className="card-line mono">
            <Name text={node.type} />
            {node.version !== null && <span className="card-version">@{shown(node.version)}</span>}
          </span>
        )}
      </span>
      {mark?.badge !== undefined && <span className="card-badge" aria-hidden="true">{mark.badge}</span>}
      {problem && <span className={`card-problem ${problem}`} aria-hidden="true">{problems}</span>}
      {putAway > 0 && <span className="card-put-away" aria-hidden="true">✕ {putAway}</span>}
    </div>
  );
}
