import { useState, type ReactNode } from "react";
import { cancelRun, retryRun, shortId, type KeptRun, type RunPicture, type WholeRun } from "../api/runs";
import type { Graph } from "../api/types";
import { go, link } from "../app/routes";
import { Button } from "../parts/Button";
import { JsonView } from "../parts/JsonView";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { StatusPill } from "../parts/StatusPill";
import { useAction } from "../parts/useAction";
import { strings } from "../strings";
import { Waiting } from "./Waiting";

const text = strings.live;

function Facts({ run, picture }: { run: WholeRun; picture: RunPicture }): ReactNode {
  return (
    <dl className="facts">
      <div>
        <dt>{text.started}</dt>
        <dd>
          <Moment at={run.startedAt} />
        </dd>
      </div>
      {run.durationMs !== null && (
        <div>
          <dt>{text.took}</dt>
          <dd>{strings.run.took(run.durationMs)}</dd>
        </div>
      )}
      <div>
        <dt>{text.environment}</dt>
        <dd>
          <Name text={run.environment ?? "–"} />
        </dd>
      </div>
      {picture.calledBy === null && (
        <div>
          <dt>{text.by}</dt>
          <dd>
            <Name text={run.source ?? "–"} />
          </dd>
        </div>
      )}
      {run.retryOf && (
        <div>
          <dt>{text.retryOf}</dt>
          <dd>
            <a href={link(["runs", run.retryOf.run])}>{shown(shortId(run.retryOf.run))}</a> {text.fromNode(shown(run.retryOf.node))}{" "}
            <a href={link(["runs", run.retryOf.run, "compare"], { with: run.id })}>{text.compareThese}</a>
          </dd>
        </div>
      )}
      {picture.calledBy !== null && (
        <div>
          <dt>{text.calledBy}</dt>
          <dd>
            <a href={link(["runs", picture.calledBy])}>
              <Name text={shortId(picture.calledBy)} mono />
            </a>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Others({ title, runs, label }: { title: string; runs: readonly KeptRun[]; label: (run: KeptRun) => string }): ReactNode {
  if (runs.length === 0) return null;
  return (
    <section className="side-part" aria-label={title}>
      <h3>{title}</h3>
      <ul className="side-list">
        {runs.map((one) => (
          <li key={one.id}>
            <a href={link(["runs", one.id])}>
              <Name text={label(one)} />
            </a>
            <StatusPill status={one.status} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Retry({ run, graph, at }: { run: WholeRun; graph: Graph | null; at: number }): ReactNode {
  const action = useAction();
  const isEnd = (id: string) => graph?.nodes.some((node) => node.id === id && node.kind === "end") === true;
  // Where it was cancelled, it has taken no step at the last one.
  const visited = [...new Set([...run.steps.map((one) => one.node), ...run.path.filter((id) => !isEnd(id))])];
  const here = run.steps[at - 1]?.node ?? visited.at(-1) ?? "";
  const [chosen, setChosen] = useState<string | null>(null);
  const node = chosen ?? here;
  if (visited.length === 0) return null;
  return (
    <section className="side-part">
      <h3>{text.retry}</h3>
      <p className="soft small">{text.retryHelp}</p>
      <div className="add-row">
        <select aria-label={text.retryNode} value={node} onChange={(event) => setChosen(event.target.value)}>
          {visited.map((one) => (
            <option key={one} value={one}>
              {shown(one)}
            </option>
          ))}
        </select>
        <Button icon="reopen" disabled={action.busy} onClick={() => void action.run(async () => go(link(["runs", (await retryRun(run.id, node)).id])))}>
          {text.retryIt}
        </Button>
      </div>
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
    </section>
  );
}

/** What is known of the run, and what can be done with it. */
export function About({ run, picture, at, look }: { run: WholeRun; picture: RunPicture; at: number; look: () => void }): ReactNode {
  const action = useAction();
  return (
    <>
      <div className="pane-head">
        <h2>{text.title}</h2>
        <StatusPill status={run.status} />
      </div>
      {run.reason !== null && <p className={`ending ${run.result === "success" ? "success" : "error"}`}>{shown(run.reason)}</p>}
      <Waiting run={run} picture={picture} look={look} />
      {run.endedAt === null && (
        <div className="side-part">
          <Button icon="cross" look="danger" disabled={action.busy || run.cancelAskedAt !== null} onClick={() => void action.run(() => cancelRun(run.id)).then(look)}>
            {text.cancel}
          </Button>
        </div>
      )}
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
      <Facts run={run} picture={picture} />
      {picture.path === null && <p className="note">{text.changedSince}</p>}
      {run.endedAt !== null && <Retry run={run} graph={picture.graph} at={at} />}
      <Others title={text.called} runs={picture.children} label={(one) => one.flow} />
      <Others title={text.retries} runs={picture.retries} label={(one) => `${shortId(one.id)} ${text.fromNode(one.retryOf?.node ?? "")}`} />
      <details className="step-part" open>
        <summary>{text.trigger}</summary>
        <div className="step-body">
          {run.trigger === null ? <p className="soft">{text.none}</p> : <JsonView value={run.trigger} depth={1} />}
        </div>
      </details>
      <details className="step-part">
        <summary>{run.endedAt === null ? text.variables.now : text.variables.atEnd}</summary>
        <div className="step-body">
          <JsonView value={run.variables} depth={1} />
        </div>
      </details>
    </>
  );
}

