import { useState, type ReactNode } from "react";
import { cancelRun, retryRun, type KeptRun, type RunPicture, type WholeRun } from "../api/runs";
import type { Graph } from "../api/types";
import { go, link } from "../app/routes";
import { Button } from "../parts/Button";
import { Icon } from "../parts/icons";
import { JsonView } from "../parts/JsonView";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { StatusPill } from "../parts/StatusPill";
import { useAction } from "../parts/useAction";
import { WalkedCanvas } from "../runs/DryRunPage";
import { StepPane } from "../runs/StepPane";
import { Timeline } from "../runs/Timeline";
import { strings } from "../strings";
import { SaveRunDialog } from "./SaveRunDialog";
import { useFollowedStep, useKeptRun } from "./useKeptRun";

const text = strings.live;

/** What a run waits for, in words. */
function Waiting({ run, picture }: { run: WholeRun; picture: RunPicture }): ReactNode {
  const { awaits } = picture;
  if (run.endedAt !== null) return null;
  const until = run.waitingUntil !== null && (
    <p>
      {awaits?.kind === "time" ? text.goesOn : text.givesUp} <Moment at={run.waitingUntil} />
    </p>
  );
  return (
    <div className="waits" role="status">
      {picture.queued && <p>{text.queued}</p>}
      {run.cancelAskedAt !== null && <p>{text.cancelAsked}</p>}
      {awaits === null && !picture.queued && run.status === "running" && run.underWay && <p>{text.works(shown(run.underWay.node))}</p>}
      {awaits?.kind === "time" && (
        <p>
          <Icon name="clock" /> {text.waitsTime(shown(awaits.node))}
        </p>
      )}
      {awaits?.kind === "run" && awaits.run !== null && (
        <p>
          <Icon name="flow" /> {text.waitsRun(shown(awaits.node))} <a href={link(["runs", awaits.run])}>{text.calledRun}</a>
        </p>
      )}
      {awaits?.kind === "events" && (
        <>
          <p>
            <Icon name="inbox" /> {text.waitsEvents(shown(awaits.node))}
          </p>
          <ul>
            {awaits.events.map((one) => (
              <li key={one.key}>
                {one.outcome !== null && <Name text={one.outcome} />} <Name text={one.key} mono />
              </li>
            ))}
          </ul>
        </>
      )}
      {until}
    </div>
  );
}

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
      <div>
        <dt>{text.by}</dt>
        <dd>
          <Name text={run.source ?? "–"} />
        </dd>
      </div>
      {run.retryOf && (
        <div>
          <dt>{text.retryOf}</dt>
          <dd>
            <a href={link(["runs", run.retryOf.run])}>{shown(run.retryOf.run.slice(0, 8))}</a> {text.fromNode(shown(run.retryOf.node))}{" "}
            <a href={link(["runs", run.retryOf.run, "compare"], { with: run.id })}>{text.compareThese}</a>
          </dd>
        </div>
      )}
      {picture.calledBy !== null && (
        <div>
          <dt>{text.calledBy}</dt>
          <dd>
            <a href={link(["runs", picture.calledBy])}>
              <Name text={picture.calledBy} mono />
            </a>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Children({ runs }: { runs: readonly KeptRun[] }): ReactNode {
  if (runs.length === 0) return null;
  return (
    <section className="side-part">
      <h3>{text.called}</h3>
      <ul className="side-list">
        {runs.map((one) => (
          <li key={one.id}>
            <a href={link(["runs", one.id])}>
              <Name text={one.flow} />
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
function About({ run, picture, at, look }: { run: WholeRun; picture: RunPicture; at: number; look: () => void }): ReactNode {
  const action = useAction();
  return (
    <>
      <div className="pane-head">
        <h2>{text.title}</h2>
        <StatusPill status={run.status} />
      </div>
      {run.reason !== null && <p className={`ending ${run.result === "success" ? "success" : "error"}`}>{shown(run.reason)}</p>}
      <Waiting run={run} picture={picture} />
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
      <Children runs={picture.children} />
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

/** A run, of today or yesterday: as the dry-run shows it; while it goes on, it is followed. */
export function RunPage({ id }: { id: string }): ReactNode {
  const { run, picture, error, look } = useKeptRun(id);
  const [at, setAt] = useFollowedStep(run?.steps.length ?? 0);
  const [saving, setSaving] = useState(false);
  if (!run || !picture) return error ? <Problem error={error} onAgain={look} /> : <p className="empty">{strings.common.loading}</p>;
  const { graph } = picture;
  const step = run.steps[at - 1];
  const titleOf = (node: string) => graph?.nodes.find((one) => one.id === node)?.title ?? node;
  return (
    <div className="editor">
      <div className="flow-head">
        <nav className="crumbs" aria-label={strings.views.crumbs}>
          <a href={link(["runs"])}>{strings.places.runs}</a>
          <span aria-hidden="true">/</span>
          <a href={link(["runs"], { flow: run.flow })}>
            <Name text={run.flow} />
          </a>
          <span aria-hidden="true">/</span>
          <h1 className="mono">{shown(id.length > 32 ? id : id.slice(0, 8))}</h1>
        </nav>
        <div className="flow-actions">
          <a className="button button-quiet" href={link(["flows", run.flow])}>
            <Icon name="flow" />
            {text.openFlow}
          </a>
          <a className="button button-quiet" href={link(["runs"], { start: run.flow, again: run.id })}>
            <Icon name="play" />
            {text.runAgain}
          </a>
          <Button icon="save" disabled={run.endedAt === null} title={run.endedAt === null ? text.notOver : undefined} onClick={() => setSaving(true)}>
            {strings.dryRun.saveRecording}
          </Button>
        </div>
      </div>
      {error && <Problem error={error} onAgain={look} />}
      <div className="panes run-panes">
        <aside className="pane pane-add" aria-label={text.title}>
          <About run={run} picture={picture} at={at} look={look} />
        </aside>
        <div className="pane pane-canvas">
          {graph ? <WalkedCanvas graph={graph} label={strings.dryRun.canvas(run.flow)} run={run} at={at} onAt={setAt} /> : <p className="empty">{text.noPicture}</p>}
          <Timeline run={run} at={at} onAt={setAt}>
            {run.endedAt === null && (
              <Button look="quiet" aria-pressed={at === run.steps.length} onClick={() => setAt(run.steps.length)}>
                <span className="live-dot" aria-hidden="true" />
                {text.follow}
              </Button>
            )}
          </Timeline>
        </div>
        <aside className="pane pane-form" aria-label={strings.dryRun.stepPane}>
          {step ? <StepPane key={`${at}-${step.node}`} step={step} number={at} count={run.steps.length} title={titleOf(step.node)} /> : <p className="empty">{run.steps.length === 0 ? text.noSteps : strings.dryRun.beforeStart}</p>}
        </aside>
      </div>
      {saving && <SaveRunDialog run={run} onClose={() => setSaving(false)} />}
    </div>
  );
}
