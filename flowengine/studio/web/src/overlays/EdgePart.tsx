import type { ReactNode } from "react";
import { makeRecording, type RecordingSummary } from "../api/dryRun";
import type { Coverage } from "../api/runs";
import { own } from "../api/json";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { strings } from "../strings";
import { missingOutcomes, type CoveredEdge } from "./edges";

const text = strings.coverage;

function Takers({ id, names, list }: { id: string; names: readonly string[]; list: readonly RecordingSummary[] }): ReactNode {
  return (
    <ul className="side-list">
      {names.map((name) => (
        <li key={name}>
          <a href={link(["flows", id, "dry-run"], { recording: name })}>
            <Name text={list.find((one) => one.name === name)?.title ?? name} />
          </a>
        </li>
      ))}
    </ul>
  );
}

function EdgeRow({ edge, id, list, onMade }: { edge: CoveredEdge; id: string; list: readonly RecordingSummary[]; onMade: (name: string) => void }): ReactNode {
  const action = useAction();
  const make = async (outcome: string) => onMade((await makeRecording(id, edge.from, outcome)).name);
  return (
    <li className="edge-row">
      <p>
        <span className={edge.times > 0 ? "recording-state passed" : "recording-state failed"} aria-hidden="true">
          {edge.times > 0 ? "✓" : "✕"}
        </span>{" "}
        <strong><Name text={edge.label} /></strong> → <Name text={edge.to} mono />
        {edge.default && <span className="soft small"> {strings.outcomes.byDefault}</span>}
        <span className="soft small"> {edge.times > 0 ? text.taken(edge.recordings.length) : text.notTaken}</span>
      </p>
      <Takers id={id} names={edge.recordings} list={list} />
      {missingOutcomes(edge).map((outcome) => (
        <Button key={outcome} icon="plus" look="quiet" disabled={action.busy} onClick={() => void action.run(() => make(outcome))}>
          {text.make(shown(outcome || text.anythingElse))}
        </Button>
      ))}
      {action.busy && <p className="soft small" role="status">{text.making}</p>}
      {action.error && <Problem error={action.error} />}
    </li>
  );
}

interface Props {
  id: string;
  node: string;
  title: string;
  /** One of the node's edges; null shows all. */
  label: string | null;
  coverage: Coverage;
  list: readonly RecordingSummary[];
  onMade: (name: string) => void;
  onClose: () => void;
}

/** A node, or one edge of it: which recordings come there, and what could be made of those that none does. */
export function EdgePart({ id, node, title, label, coverage, list, onMade, onClose }: Props): ReactNode {
  const edges = coverage.edges.filter((one) => one.from === node && (label === null || one.label === label));
  const visitors = own(coverage.visitedBy, node) ?? [];
  return (
    <section className="side-part" aria-label={shown(title)}>
      <div className="part-head side-head">
        <h3><Name text={title} /></h3>
        <Button icon="cross" look="quiet" label={strings.common.close} onClick={onClose} />
      </div>
      {edges.length === 0 && (visitors.length > 0 ? <Takers id={id} names={visitors} list={list} /> : <p className="soft">{text.notVisited}</p>)}
      <ul className="edge-rows">
        {edges.map((edge) => <EdgeRow key={`${edge.label} ${edge.to}`} edge={edge} id={id} list={list} onMade={onMade} />)}
      </ul>
    </section>
  );
}
