import { useMemo, useState, type ReactNode } from "react";
import type { ApiError } from "../api/client";
import { listRecordings, type RecordingSummary } from "../api/dryRun";
import { own } from "../api/json";
import { coverageOf, type Coverage } from "../api/runs";
import { openFlow } from "../api/studio";
import type { Finding, Graph } from "../api/types";
import { link } from "../app/routes";
import { FlowHead } from "../editor/FlowHead";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { EdgePart } from "./EdgePart";
import { edgeOf } from "./edges";
import { coverageOverlay } from "./marks";
import { Missing, ShownGraph } from "./ShownGraph";

const text = strings.coverage;
const SHARES = ["nodes", "ownEdges", "outcomes", "fallThrough"] as const;
const SIGNS = { passed: "✓", failed: "✕", broken: "✕", "no-expectation": "○" };

function Shares({ shares }: { shares: Coverage["shares"] }): ReactNode {
  return (
    <dl className="shares">
      {SHARES.filter((one) => shares[one].total > 0).map((one) => {
        const { covered, total, percent } = shares[one];
        return (
          <div key={one}>
            <dt>{text.share[one]}</dt>
            <dd>
              <meter aria-label={text.share[one]} min={0} max={total} value={covered} /> {text.of(covered, total)} <strong>{strings.common.percent(percent)}</strong>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function NotExercised({ graph, coverage, onSelect }: { graph: Graph; coverage: Coverage; onSelect: (node: string, label: string | null) => void }): ReactNode {
  const nodes = graph.nodes.filter((node) => (own(coverage.nodes, node.id) ?? 0) === 0);
  const edges = coverage.edges.filter((one) => one.times === 0 && !one.default);
  const defaults = coverage.edges.filter((one) => one.times === 0 && one.default);
  const row = (one: Coverage["edges"][number]) => (
    <li key={`${one.from} ${one.label}`}>
      <button type="button" className="text-button" onClick={() => onSelect(one.from, one.label)}>
        <Name text={one.from} mono /> · <Name text={one.label} /> → <Name text={one.to} mono />
      </button>
    </li>
  );
  return (
    <>
      <section className="side-part">
        <h3>{text.missing}</h3>
        {nodes.length + edges.length === 0 && <p className="soft">{text.nothingMissing}</p>}
        <ul className="side-list">
          {nodes.map((node) => (
            <li key={node.id}>
              <button type="button" className="text-button" onClick={() => onSelect(node.id, null)}>
                <Name text={node.title ?? node.id} />
              </button>
            </li>
          ))}
          {edges.map(row)}
        </ul>
      </section>
      {defaults.length > 0 && (
        <details className="step-part">
          <summary>{text.missingDefaults(defaults.length)}</summary>
          <ul className="side-list">{defaults.map(row)}</ul>
        </details>
      )}
    </>
  );
}

function Recordings({ id, list }: { id: string; list: readonly RecordingSummary[] }): ReactNode {
  return (
    <section className="side-part">
      <h3>{text.recordings}</h3>
      {list.length === 0 && <p className="soft">{text.noRecordings}</p>}
      <ul className="side-list">
        {list.map((one) => (
          <li key={one.path}>
            <span className={`recording-state ${one.status}`} title={strings.dryRun.status[one.status]}>
              <span aria-hidden="true">{SIGNS[one.status]}</span>
              <span className="sr">{strings.dryRun.status[one.status]}</span>
            </span>
            <span>
              <a href={link(["flows", id, "dry-run"], { recording: one.name })}>
                <Name text={one.title ?? one.name} />
              </a>
              {[...one.findings, ...one.differences].map((said) => (
                <span key={said} className="field-bad">{shown(said)}</span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the server says is wrong, with all findings where there are several. */
function Wrong({ error, again }: { error: ApiError; again: () => void }): ReactNode {
  const findings = (error.body as { error?: { findings?: Finding[] } } | null)?.error?.findings ?? [];
  return (
    <>
      <Problem error={error} onAgain={again} />
      {findings.length > 1 && (
        <ul className="invalid">
          {findings.map((one, number) => (
            <li key={number}>{shown(one.message)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

type Selected = { node: string; label: string | null } | null;

interface SideProps {
  id: string;
  graph: Graph;
  coverage: Coverage;
  list: readonly RecordingSummary[];
  selected: Selected;
  onSelect: (node: string | null, label?: string | null) => void;
  onChanged: () => void;
}

/** The figures, what is missing, and what there is about the edge or node that was chosen. */
function Side({ id, graph, coverage, list, selected, onSelect, onChanged }: SideProps): ReactNode {
  const [made, setMade] = useState<string | null>(null);
  const title = graph.nodes.find((one) => one.id === selected?.node)?.title ?? selected?.node ?? "";
  const onMade = (name: string) => {
    setMade(name);
    onChanged();
  };
  return (
    <>
      {made !== null && (
        <p className="note good-note" role="status">
          {text.made} <a href={link(["flows", id, "dry-run"], { recording: made })}><Name text={made} mono /></a>
        </p>
      )}
      {selected ? <EdgePart key={`${selected.node} ${selected.label ?? ""}`} id={id} {...selected} title={title} coverage={coverage} list={list} onMade={onMade} onClose={() => onSelect(null)} /> : <p className="soft small side-part">{text.selectHelp}</p>}
      <Shares shares={coverage.shares} />
      <NotExercised graph={graph} coverage={coverage} onSelect={onSelect} />
    </>
  );
}

/** What the recordings of a flow exercise, and what they do not. */
export function CoveragePage({ id }: { id: string }): ReactNode {
  const doc = useAsked(() => openFlow(id), id);
  const { value: found, error: uncovered, again } = useAsked(() => coverageOf(id), id);
  const recordings = useAsked(() => listRecordings(id), id);
  const [selected, setSelected] = useState<Selected>(null);
  const select = (node: string | null, label: string | null = null) => setSelected(node === null ? null : { node, label });
  const chooseEdge = (from: string, outcome: string) => select(from, found ? (edgeOf(found, from, outcome)?.label ?? null) : null);
  const graph = doc.value?.graph ?? null;
  const overlay = useMemo(() => (graph && found ? coverageOverlay(graph, found) : null), [graph, found]);
  const title = doc.value?.title ?? null;
  const error = doc.error ?? uncovered ?? recordings.error;
  const list = recordings.value ?? [];
  const onChanged = () => {
    again();
    recordings.again();
  };
  return (
    <div className="editor">
      <FlowHead id={id} title={title} view="coverage" />
      {error && <Wrong error={error} again={again} />}
      <div className="panes two-panes">
        <div className="pane pane-canvas">{graph && overlay ? <ShownGraph graph={graph} label={text.canvas(title ?? id)} overlay={overlay} selected={selected?.node ?? null} onSelect={select} onChooseEdge={chooseEdge} /> : <Missing of={error} />}</div>
        <aside className="pane pane-form" aria-label={text.title}>
          <div className="pane-head">
            <h2>{text.title}</h2>
            {found && <span className="soft small">{text.cases(found.cases)}</span>}
          </div>
          {graph && found && <Side id={id} graph={graph} coverage={found} list={list} selected={selected} onSelect={select} onChanged={onChanged} />}
          {recordings.value && <Recordings id={id} list={list} />}
        </aside>
      </div>
    </div>
  );
}
