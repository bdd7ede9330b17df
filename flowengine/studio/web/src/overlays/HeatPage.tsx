import { useMemo, useState, type ReactNode } from "react";
import { heatOf, type Heat } from "../api/runs";
import { own } from "../api/json";
import { openFlow } from "../api/studio";
import type { Graph } from "../api/types";
import { link, replaceQuery, useRoute } from "../app/routes";
import { FlowHead } from "../editor/FlowHead";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { amount, heatOverlay, type Measure } from "./marks";
import { jumpTo, Missing, ShownGraph, type Jump } from "./ShownGraph";

const text = strings.heat;
const MEASURES: readonly Measure[] = ["time", "visits", "waiting"];
const SINCE = ["", "1h", "24h", "7d", "30d"] as const;

function Table({ graph, heat, measure, selected, onSelect }: { graph: Graph; heat: Heat; measure: Measure; selected: string | null; onSelect: (node: string) => void }): ReactNode {
  const rows = graph.nodes.flatMap((node) => {
    const one = own(heat.nodes, node.id);
    return one ? [{ node, one }] : [];
  });
  rows.sort((left, right) => amount(right.one, measure) - amount(left.one, measure));
  const took = (value: number | null) => (value === null ? "–" : strings.run.took(value));
  return (
    <div className="table-room">
      <table className="figures">
        <thead>
          <tr>
            <th scope="col">{text.node}</th>
            <th scope="col">{text.visits}</th>
            <th scope="col">{text.median}</th>
            <th scope="col">{text.slowest}</th>
            <th scope="col">{text.waiting}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ node, one }) => (
            <tr key={node.id} className={node.id === selected ? "is-selected" : undefined}>
              <th scope="row">
                <button type="button" className="text-button" aria-pressed={node.id === selected} onClick={() => onSelect(node.id)}>
                  <Name text={node.title ?? node.id} />
                </button>
              </th>
              <td>{one.visits}</td>
              <td>{took(one.medianMs)}</td>
              <td>{took(one.p95Ms)}</td>
              <td>{one.waiting || ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How often each edge was taken; those, too, that the flow of today has no more. */
function Edges({ graph, heat, onSelect }: { graph: Graph; heat: Heat; onSelect: (node: string) => void }): ReactNode {
  const rows = [...heat.edges].sort((left, right) => right.times - left.times);
  const isThere = (one: Heat["edges"][number]) => graph.edges.some((edge) => edge.from === one.from && edge.to === one.to);
  return (
    <details className="step-part" open>
      <summary>{text.edges(rows.length)}</summary>
      <ul className="side-list heat-edges">
        {rows.map((one) => (
          <li key={JSON.stringify([one.from, one.outcome, one.label, one.to])}>
            <button type="button" className="text-button" onClick={() => onSelect(one.from)}>
              <Name text={one.from} mono /> · <Name text={one.outcome} /> → <Name text={one.to} mono />
            </button>
            {!isThere(one) && <span className="soft small">{text.gone}</span>}
            <strong>×{one.times}</strong>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What the colours mean. */
function Legend({ graph, heat, measure }: { graph: Graph; heat: Heat; measure: Measure }): ReactNode {
  const most = Math.max(0, ...graph.nodes.map((node) => amount(own(heat.nodes, node.id), measure)));
  if (most === 0) return null;
  const said = (value: number) => (measure === "time" ? strings.run.took(value) : String(Math.round(value)));
  return (
    <div className="heat-legend small" role="img" aria-label={text.legend(text.measured[measure], said(most))}>
      <span>{text.measured[measure]}</span>
      <span>0</span>
      {[1, 2, 3, 4, 5].map((step) => (
        <span key={step} className={`heat-swatch heat-${step}`} />
      ))}
      <span>{said(most)}</span>
    </div>
  );
}

function Said({ id, heat }: { id: string; heat: Heat }): ReactNode {
  return (
    <>
      <p>
        {text.runs(heat.runs)} {heat.open > 0 && <a href={link(["runs"], { flow: id, status: "waiting,running" })}>{text.open(heat.open)}</a>}
      </p>
      {heat.unread > 0 && <p className="note">{text.unread(heat.unread)}</p>}
      {heat.runs === 0 && <p className="soft">{text.none(shown(id))}</p>}
    </>
  );
}

function Choices({ measure, since }: { measure: Measure; since: string }): ReactNode {
  return (
    <>
      <div className="switch" role="group" aria-label={text.by}>
        {MEASURES.map((one) => (
          <Button key={one} aria-pressed={one === measure} onClick={() => replaceQuery({ by: one === "time" ? null : one })}>
            {text.measure[one]}
          </Button>
        ))}
      </div>
      <select aria-label={strings.runs.sinceFilter} value={since} onChange={(event) => replaceQuery({ since: event.target.value || null })}>
        {SINCE.map((one) => (
          <option key={one} value={one}>
            {strings.runs.since[one === "" ? "any" : one]}
          </option>
        ))}
      </select>
    </>
  );
}

interface BesideProps {
  id: string;
  graph: Graph | null;
  heat: Heat | null;
  measure: Measure;
  since: string;
  selected: string | null;
  onSelect: (node: string) => void;
}

/** The same in numbers. */
function Beside({ id, graph, heat, measure, since, selected, onSelect }: BesideProps): ReactNode {
  return (
    <aside className="pane pane-form" aria-label={text.title}>
      <div className="pane-head">
        <h2>{text.title}</h2>
      </div>
      <div className="side-part">
        <Choices measure={measure} since={since} />
        {heat && <Said id={id} heat={heat} />}
        {graph && heat && <Legend graph={graph} heat={heat} measure={measure} />}
      </div>
      {graph && heat && heat.runs > 0 && <Table graph={graph} heat={heat} measure={measure} selected={selected} onSelect={onSelect} />}
      {graph && heat && heat.edges.length > 0 && <Edges graph={graph} heat={heat} onSelect={onSelect} />}
    </aside>
  );
}

/** What the last runs of a flow did: how often, how long, and where they wait. */
export function HeatPage({ id }: { id: string }): ReactNode {
  const { query } = useRoute();
  const since = query.get("since") ?? "";
  const measure = MEASURES.find((one) => one === query.get("by")) ?? "time";
  const doc = useAsked(() => openFlow(id), id);
  const { value: heat, error: unread, again } = useAsked(() => heatOf(id, since), `${id} ${since}`);
  const [selected, setSelected] = useState<string | null>(null);
  const [jump, setJump] = useState<Jump | null>(null);
  const lead = (node: string) => {
    setSelected(node);
    setJump(jumpTo(node));
  };
  const title = doc.value?.title ?? null;
  const graph = doc.value?.graph ?? null;
  const overlay = useMemo(() => (graph && heat ? heatOverlay(graph, heat, measure) : null), [graph, heat, measure]);
  const error = doc.error ?? unread;
  return (
    <div className="editor">
      <FlowHead id={id} title={title} view="heat">
        <Button icon="reopen" look="quiet" label={text.again} onClick={again} />
      </FlowHead>
      {error && <Problem error={error} onAgain={doc.error ? doc.again : again} />}
      <div className="panes two-panes">
        <div className="pane pane-canvas">{graph && overlay ? <ShownGraph graph={graph} label={text.canvas(title ?? id)} overlay={overlay} selected={selected} onSelect={setSelected} jump={jump} /> : <Missing of={error} />}</div>
        <Beside id={id} graph={graph} heat={heat} measure={measure} since={since} selected={selected} onSelect={lead} />
      </div>
    </div>
  );
}
