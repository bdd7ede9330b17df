import { useMemo, useState, type ReactNode } from "react";
import { compareWalked, listRuns, runPicture, showRun, type KeptRun, type RunPicture, type WholeRun } from "../api/runs";
import { link, replaceQuery, useRoute } from "../app/routes";
import { ShownGraph } from "../overlays/ShownGraph";
import { Button } from "../parts/Button";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { StatusPill } from "../parts/StatusPill";
import { useAsked } from "../parts/useAsked";
import { usePageTitle } from "../parts/usePageTitle";
import { StepPane } from "../runs/StepPane";
import { strings } from "../strings";
import { bothOverlay, paired, partsAt, type Pair } from "./parting";

const text = strings.compareRuns;
const SIGNS: Record<Pair["state"], string> = { same: "=", values: "≈", outcome: "≠", node: "≠" };

const NO_FILTER = { status: [], since: "", text: "" };

function Other({ run, other }: { run: WholeRun; other: string }): ReactNode {
  const runs = useAsked(() => listRuns({ ...NO_FILTER, flow: run.flow }), run.flow).value?.runs ?? [];
  const label = (one: KeptRun) => `${one.id.slice(0, 8)} ${strings.runs.status[one.status]} ${one.startedAt.slice(0, 16).replace("T", " ")}`;
  return (
    <label className="field">
      <span className="field-label">{text.other}</span>
      <select value={other} onChange={(event) => replaceQuery({ with: event.target.value, step: null })}>
        {!runs.some((one) => one.id === other) && <option value={other}>{other ? shown(other.slice(0, 8)) : text.choose}</option>}
        {runs
          .filter((one) => one.id !== run.id)
          .map((one) => (
            <option key={one.id} value={one.id}>
              {label(one)}
            </option>
          ))}
      </select>
    </label>
  );
}

function Head({ letter, run }: { letter: string; run: WholeRun }): ReactNode {
  return (
    <p className="run-letter">
      <strong>{letter}</strong>
      <a href={link(["runs", run.id])}>
        <Name text={run.id.slice(0, 8)} mono />
      </a>
      <StatusPill status={run.status} />
      <span className="soft small">
        <Moment at={run.startedAt} />
      </span>
    </p>
  );
}

function Steps({ pairs, at, parting, onAt }: { pairs: readonly Pair[]; at: number; parting: number | null; onAt: (at: number) => void }): ReactNode {
  const side = (pair: Pair, one: "left" | "right") => {
    const step = pair[one];
    return step ? (
      <>
        <Name text={step.node} mono /> <span className="soft small">{shown(step.outcome)}</span>
      </>
    ) : (
      <span className="soft">{text.ended}</span>
    );
  };
  return (
    <ol className="pairs">
      {pairs.map((pair, number) => (
        <li key={number}>
          <button type="button" className={`pair ${pair.state}`} aria-pressed={number === at} onClick={() => onAt(number)}>
            <span className="pair-sign">
              <span aria-hidden="true">{SIGNS[pair.state]}</span>
              <span className="sr">{text.state[pair.state]}</span>
            </span>
            <span>{side(pair, "left")}</span>
            <span>{side(pair, "right")}</span>
            {number === parting && <strong className="pill">{text.partHere}</strong>}
          </button>
        </li>
      ))}
    </ol>
  );
}

function Both({ left, right, graph }: { left: WholeRun; right: WholeRun; graph: RunPicture["graph"] }): ReactNode {
  const pairs = useMemo(() => paired(left, right), [left, right]);
  const parting = partsAt(pairs);
  const [chosen, setChosen] = useState<number | null>(null);
  const at = chosen ?? parting ?? 0;
  const pair = pairs[at];
  const node = pair?.left?.node ?? pair?.right?.node ?? null;
  const overlay = useMemo(() => {
    const apart = parting === null ? undefined : pairs[parting];
    return graph ? bothOverlay(left, right, graph, apart?.left?.node ?? apart?.right?.node ?? null) : null;
  }, [left, right, graph, pairs, parting]);
  const titleOf = (id: string) => graph?.nodes.find((one) => one.id === id)?.title ?? id;
  const select = (wanted: string | null) => {
    const found = pairs.findIndex((one) => one.left?.node === wanted || one.right?.node === wanted);
    if (found >= 0) setChosen(found);
  };
  return (
    <div className="panes run-panes compare-runs">
      <aside className="pane pane-add" aria-label={text.steps}>
        <Head letter="A" run={left} />
        <Head letter="B" run={right} />
        <p className="side-part" role="status">
          {parting === null ? text.never : text.part(parting + 1)}
        </p>
        <Steps pairs={pairs} at={at} parting={parting} onAt={setChosen} />
      </aside>
      <div className="pane pane-canvas">{graph && overlay ? <ShownGraph graph={graph} label={text.canvas(left.flow)} overlay={overlay} selected={node} onSelect={select} /> : <p className="empty">{strings.live.noPicture}</p>}</div>
      <aside className="pane pane-form" aria-label={strings.dryRun.stepPane}>
        {([["A", pair?.left, left] as const, ["B", pair?.right, right] as const]).map(([letter, step, run]) => (
          <section key={letter} className="one-of-two" aria-label={letter}>
            <p className="run-letter">
              <strong>{letter}</strong>
            </p>
            {step ? <StepPane key={`${at}-${letter}`} step={step} number={at + 1} count={run.steps.length} title={titleOf(step.node)} /> : <p className="empty">{text.ended}</p>}
          </section>
        ))}
      </aside>
    </div>
  );
}

/** What keeps two runs from being told apart step by step. */
function Apart({ left, right, sameVersion }: { left: WholeRun; right: WholeRun; sameVersion: boolean }): ReactNode {
  if (left.flow !== right.flow) return <p className="note">{text.otherFlow(shown(left.flow), shown(right.flow))}</p>;
  return sameVersion ? null : <p className="note">{text.otherVersion}</p>;
}

/** Two runs, and the picture of both. */
function useBoth(id: string, other: string) {
  const left = useAsked(() => showRun(id), id);
  const right = useAsked(() => (other ? showRun(other) : Promise.resolve(null)), other);
  const picture = useAsked(() => runPicture(id), id);
  const both = useAsked(() => (other ? compareWalked(id, other) : Promise.resolve(null)), `${id} ${other}`);
  const asked = [left, right, picture, both];
  const error = asked.map((one) => one.error).find((one) => one !== null);
  const again = () => asked.forEach((one) => one.error && one.again());
  const run = left.value;
  const found = right.value?.id === other ? right.value : null;
  // Of two flows the picture is that of the first: they have nothing in common.
  const merged = run && run.flow === found?.flow ? (both.value?.graph ?? null) : null;
  const graph = picture.value && both.value ? (merged ?? picture.value.graph) : undefined;
  return { run, found, graph, sameVersion: both.value?.sameVersion ?? true, error, again };
}

/** Two runs as one picture: where they go the same way, and where they part. */
export function CompareRunsPage({ id }: { id: string }): ReactNode {
  usePageTitle(text.title, strings.places.runs);
  const { query } = useRoute();
  const other = query.get("with") ?? "";
  const { run, found, graph, sameVersion, error, again } = useBoth(id, other);
  return (
    <div className="editor">
      <div className="flow-head">
        <nav className="crumbs" aria-label={strings.views.crumbs}>
          <a href={link(["runs"])}>{strings.places.runs}</a>
          <span aria-hidden="true">/</span>
          <a href={link(["runs", id])}>
            <Name text={id.slice(0, 8)} mono />
          </a>
          <span aria-hidden="true">/</span>
          <h1>{text.title}</h1>
        </nav>
        <div className="flow-actions">
          {run && <Other run={run} other={other} />}
          <Button look="quiet" disabled={!other} onClick={() => (window.location.hash = link(["runs", other, "compare"], { with: id }).slice(1))}>
            {strings.compare.swap}
          </Button>
        </div>
      </div>
      {error && <Problem error={error} onAgain={again} />}
      {run && found && <Apart left={run} right={found} sameVersion={sameVersion} />}
      {run && found && graph !== undefined ? <Both key={`${id} ${other}`} left={run} right={found} graph={graph} /> : !error && <p className="empty">{other ? strings.common.loading : text.choose}</p>}
    </div>
  );
}
