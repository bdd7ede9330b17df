import { useEffect, useState, type ReactNode } from "react";
import { STATUSES, type KeptRun, type RunFilter } from "../api/runs";
import { listFlows } from "../api/studio";
import { link, pushQuery, replaceQuery, useRoute } from "../app/routes";
import { useShortcuts } from "../app/shortcuts";
import { Trouble } from "../live/Trouble";
import { StartDialog } from "../live/StartDialog";
import { Button } from "../parts/Button";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { StatusPill } from "../parts/StatusPill";
import { useAsked } from "../parts/useAsked";
import { usePageTitle } from "../parts/usePageTitle";
import type { RunStatus } from "../runs/run";
import { strings } from "../strings";
import { useRuns } from "./useRuns";

const text = strings.runs;
const SINCE = ["", "1h", "24h", "7d", "30d"] as const;
const TYPED = 250;

const isStatus = (word: string): word is RunStatus => (STATUSES as readonly string[]).includes(word);

function filterOf(query: URLSearchParams): RunFilter {
  const status = (query.get("status") ?? "").split(",").filter(isStatus);
  return { status, flow: query.get("flow") ?? "", since: query.get("since") ?? "", text: query.get("text") ?? "" };
}

function Row({ run, marked, onMark }: { run: KeptRun; marked: boolean; onMark: () => void }): ReactNode {
  return (
    <li className="run-row">
      <input type="checkbox" checked={marked} onChange={onMark} aria-label={text.mark(shown(run.flow), run.id.slice(0, 8))} />
      <StatusPill status={run.status} />
      <div className="run-main">
        <a className="flow-title" href={link(["runs", run.id])}>
          <Name text={run.flow} />
        </a>
        <span className="soft small">
          <Name text={run.id.length > 32 ? run.id.slice(33) : run.id.slice(0, 8)} mono />
        </span>
        {run.reason !== null && (
          <p className="flow-description">
            <Name text={run.reason} />
          </p>
        )}
        {run.waitingUntil !== null && run.status === "waiting" && (
          <p className="flow-description">
            {strings.live.goesOn} <Moment at={run.waitingUntil} />
          </p>
        )}
      </div>
      <span className="run-when">
        <Moment at={run.startedAt} />
      </span>
      <span className="run-took soft">{run.durationMs === null ? "" : strings.run.took(run.durationMs)}</span>
      <span className="run-where soft">
        <Name text={run.environment ?? ""} />
      </span>
    </li>
  );
}

function Filters({ filter, counts }: { filter: RunFilter; counts: Record<RunStatus, number> | null }): ReactNode {
  const flows = useAsked(listFlows, "flows").value ?? [];
  const [typed, setTyped] = useState(filter.text);
  const [seen, setSeen] = useState(filter.text);
  if (seen !== filter.text) {
    // The way back leads to what was looked for before.
    setSeen(filter.text);
    setTyped(filter.text);
  }
  useEffect(() => {
    const timer = window.setTimeout(() => replaceQuery({ text: typed || null }), TYPED);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const toggle = (status: RunStatus) => {
    const next = filter.status.includes(status) ? filter.status.filter((one) => one !== status) : [...filter.status, status];
    pushQuery({ status: next.join(",") || null });
  };
  return (
    <search className="filters" aria-label={text.filters}>
      <div className="switch" role="group" aria-label={text.statusFilter}>
        {STATUSES.map((status) => (
          <Button key={status} aria-pressed={filter.status.includes(status)} onClick={() => toggle(status)}>
            {text.status[status]} <span className="soft">{counts?.[status] ?? ""}</span>
          </Button>
        ))}
      </div>
      <select aria-label={text.flowFilter} value={filter.flow} onChange={(event) => pushQuery({ flow: event.target.value || null })}>
        <option value="">{text.anyFlow}</option>
        {filter.flow !== "" && !flows.some((one) => one.id === filter.flow) && <option value={filter.flow}>{shown(filter.flow)}</option>}
        {flows.map((one) => (
          <option key={one.path} value={one.id}>
            {shown(one.title ?? one.id)}
          </option>
        ))}
      </select>
      <select aria-label={text.sinceFilter} value={filter.since} onChange={(event) => pushQuery({ since: event.target.value || null })}>
        {SINCE.map((one) => (
          <option key={one} value={one}>
            {text.since[one === "" ? "any" : one]}
          </option>
        ))}
      </select>
      <input id="run-filter" className="filter" type="search" aria-label={text.find} placeholder={text.find} maxLength={200} value={typed} onChange={(event) => setTyped(event.target.value)} />
    </search>
  );
}

/** All kept runs, newest first; what happens is seen as it happens. */
export function RunsPage(): ReactNode {
  usePageTitle(text.title);
  const { query } = useRoute();
  const filter = filterOf(query);
  const { runs, counts, error, lost, hasOlder, older, again } = useRuns(filter);
  const [marked, setMarked] = useState<readonly string[]>([]);
  const starting = query.get("start");
  const begin = () => replaceQuery({ start: filter.flow || "?" });
  useShortcuts({ n: begin, "/": () => document.getElementById("run-filter")?.focus() });
  const mark = (id: string) => setMarked((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before.slice(-1), id]));
  const [first, second] = marked;
  return (
    <div className="page">
      <div className="page-head">
        <h1>{text.title}</h1>
        <span className="soft small">{text.markTwo}</span>
        {first !== undefined && second !== undefined ? (
          <a className="button" href={link(["runs", first, "compare"], { with: second })}>
            {text.compare}
          </a>
        ) : (
          <Button disabled>{text.compare}</Button>
        )}
        <Button icon="play" look="primary" onClick={begin} title={`${strings.start.title} (n)`}>
          {strings.start.title}
        </Button>
      </div>
      <Filters filter={filter} counts={counts} />
      <Trouble lost={lost} error={error} onAgain={again} />
      {runs && (
        <ul className="flow-list" aria-label={text.title}>
          {runs.map((run) => (
            <Row key={run.id} run={run} marked={marked.includes(run.id)} onMark={() => mark(run.id)} />
          ))}
        </ul>
      )}
      {runs?.length === 0 && <p className="empty">{filter.status.length || filter.flow || filter.since || filter.text ? strings.common.nothingFound : text.none}</p>}
      {!runs && !error && <p className="empty">{strings.common.loading}</p>}
      {hasOlder && (
        <div className="more">
          <Button icon="down" onClick={older}>
            {text.older}
          </Button>
        </div>
      )}
      {starting !== null && <StartDialog flow={starting === "?" ? "" : starting} again={query.get("again")} onClose={() => replaceQuery({ start: null, again: null })} />}
    </div>
  );
}
