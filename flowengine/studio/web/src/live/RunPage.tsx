import { useState, type ReactNode } from "react";
import { shortId } from "../api/runs";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { Icon } from "../parts/icons";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { usePageTitle } from "../parts/usePageTitle";
import { WalkedCanvas } from "../runs/DryRunPage";
import { StepPane } from "../runs/StepPane";
import { Timeline } from "../runs/Timeline";
import { strings } from "../strings";
import { About } from "./About";
import { Trouble } from "./Trouble";
import { SaveRunDialog } from "./SaveRunDialog";
import { useFollowedStep, useKeptRun } from "./useKeptRun";

const text = strings.live;

/** What stands where a run is not there: not yet, or not at all. */
function NoRun({ id, children }: { id: string; children: ReactNode }): ReactNode {
  return (
    <>
      <div className="flow-head">
        <nav className="crumbs" aria-label={strings.views.crumbs}>
          <a href={link(["runs"])}>{strings.places.runs}</a>
          <span aria-hidden="true">/</span>
          <h1>
            <Name text={id} mono />
          </h1>
        </nav>
      </div>
      {children}
    </>
  );
}

/** A run, of today or yesterday: as the dry-run shows it; while it goes on, it is followed. */
export function RunPage({ id }: { id: string }): ReactNode {
  const { run, picture, error, lost, look } = useKeptRun(id);
  const [at, setAt] = useFollowedStep(run?.steps.length ?? 0);
  const [saving, setSaving] = useState(false);
  usePageTitle(...(run ? [run.flow, strings.runs.status[run.status]] : [id]), text.title);
  if (!run || !picture) return <NoRun id={id}>{error ? <Problem error={error} onAgain={look} /> : <p className="empty">{strings.common.loading}</p>}</NoRun>;
  const { graph } = picture;
  const step = run.steps[at - 1];
  const called = step && picture.children.find((one) => one.id.startsWith(`${id}.${step.node}.${step.visit}`));
  const titleOf = (node: string) => graph?.nodes.find((one) => one.id === node)?.title ?? node;
  return (
    <div className="editor">
      <div className="flow-head">
        <nav className="crumbs" aria-label={strings.views.crumbs}>
          <a href={link(["runs"])}>{strings.places.runs}</a>
          <span aria-hidden="true">/</span>
          {picture.calledBy !== null && (
            <>
              <a href={link(["runs", picture.calledBy])} title={text.calledBy}>
                <Name text={shortId(picture.calledBy)} mono />
              </a>
              <span aria-hidden="true">/</span>
            </>
          )}
          <a href={link(["runs"], { flow: run.flow })}>
            <Name text={run.flow} />
          </a>
          <span aria-hidden="true">/</span>
          <h1 className="mono">{shown(shortId(id))}</h1>
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
      <Trouble lost={lost} error={error} onAgain={look} />
      <div className={`panes run-panes${run.endedAt === null ? " is-open" : ""}`}>
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
          {called && (
            <p className="note">
              <Icon name="flow" /> {text.wentInto} <a href={link(["runs", called.id])}>{shown(called.flow)}</a>
            </p>
          )}
          {step ? <StepPane key={`${at}-${step.node}`} step={step} number={at} count={run.steps.length} title={titleOf(step.node)} /> : <p className="empty">{run.steps.length === 0 ? text.noSteps : strings.dryRun.beforeStart}</p>}
        </aside>
      </div>
      {saving && <SaveRunDialog run={run} onClose={() => setSaving(false)} />}
    </div>
  );
}
