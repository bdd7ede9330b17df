import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import type { ApiError } from "../api/client";
import { findingsOf, type DryRun, type Project } from "../api/dryRun";
import type { Doc, Graph } from "../api/types";
import { Canvas } from "../canvas/Canvas";
import { CanvasTools } from "../canvas/CanvasTools";
import { FlowHead } from "../editor/FlowHead";
import { NodeSearch } from "../editor/NodeSearch";
import { FindingRow } from "../editor/Problems";
import { editorOf, unsaved, type Editor } from "../editor/store";
import { useNodeForm } from "../editor/useNodeForm";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { strings } from "../strings";
import { MissingPane } from "./MissingPane";
import { Addresses } from "./Request";
import { overlayAt, tokenAt, type Run } from "./run";
import { SaveRecordingDialog } from "./SaveRecordingDialog";
import { SetupPane } from "./SetupPane";
import { StepPane } from "./StepPane";
import { Timeline } from "./Timeline";
import { useWalk } from "./useWalk";

const text = strings.dryRun;

/** What a recording expects holds for its own answers only. */
const NO_DIFFERENCES: readonly string[] = [];

function Ending({ run, differences }: { run: Run; differences: readonly string[] }): ReactNode {
  return (
    <div className={`ending ${run.result ?? "error"}`} role="status">
      <strong>{run.result === "success" ? text.succeeded : text.failed}</strong>
      {run.reason !== null && <p>{shown(run.reason)}</p>}
      {differences.length > 0 && (
        <ul>
          {differences.map((one) => (
            <li key={one}>{shown(one)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Why there is no walk: the flow has errors, the recording does not fit, or the event does not start it. */
function Refused({ editor, error }: { editor: Editor; error: ApiError }): ReactNode {
  const findings = findingsOf(error);
  if (findings.length === 0) return <Problem error={error} />;
  return (
    <section className="invalid" role="alert">
      <p>{error.code === "invalid-recording" ? text.invalidRecording : text.invalid}</p>
      <ul>
        {findings.map((finding, number) => (
          <FindingRow key={number} finding={finding} onFix={(fix) => void editor.apply([{ op: "apply", edits: fix.edits }], strings.editor.fixed)} />
        ))}
      </ul>
    </section>
  );
}

/** What is to be said about the answers of a recording: those that were not used, and those that no service would give. */
function Notices({ result, decided }: { result: DryRun; decided: boolean }): ReactNode {
  const unused = decided || result.missing || result.differences.length > 0 ? [] : Object.entries(result.unused);
  if (unused.length + result.findings.length === 0) return null;
  return (
    <ul className="note notices">
      {unused.map(([node, count]) => (
        <li key={node}>{text.unused(count, shown(node))}</li>
      ))}
      {result.findings.map((one, number) => (
        <li key={number}>
          {one.node != null && <><Name text={one.node} mono />: </>}
          {shown(one.message)}
        </li>
      ))}
    </ul>
  );
}

/** The part on the right: the step that is looked at, what is asked, how it ended. */
function Beside({ walk, doc, graph }: { walk: ReturnType<typeof useWalk>; doc: Doc | null; graph: Graph | null }): ReactNode {
  const { run, at, result } = walk;
  const step = run.steps[at - 1];
  const form = useNodeForm(doc, step?.node ?? null);
  const atEnd = at === run.steps.length;
  const titleOf = (node: string) => graph?.nodes.find((one) => one.id === node)?.title ?? node;
  return (
    <>
      {atEnd && result && <Notices result={result} decided={walk.decided} />}
      {atEnd && result?.missing && <MissingPane missing={result.missing} title={titleOf(result.missing.node.split("/")[0] ?? "") + (result.missing.inside ? ` › ${result.missing.node.split("/").slice(1).join(" › ")}` : "")} onAnswer={walk.answer} />}
      {atEnd && result?.over && !result.missing && <Ending run={run} differences={walk.decided ? NO_DIFFERENCES : result.differences} />}
      {step ? (
        <StepPane key={`${at}-${step.node}`} step={step} number={at} count={run.steps.length} title={titleOf(step.node)} outcomes={form?.outcomes ?? []} onChoose={walk.choose} onFromHere={walk.setup?.from ? undefined : () => void walk.fromHere()} onBeginHere={walk.beginHere} />
      ) : (
        <p className="empty">{text.beforeStart}</p>
      )}
    </>
  );
}

const declaredOf = (doc: Doc | null) => [...(doc?.outline?.inputs ?? []), ...(doc?.outline?.variables ?? [])];

/** Return where integrations are in an environment; in the default one where none was chosen. */
function addressesOf(environments: Project["environments"], wanted: string | null): Record<string, string> {
  const found = environments.find((one) => (wanted === null ? one.default : one.name === wanted));
  return Object.fromEntries((found?.integrations ?? []).map((one) => [one.name, one.baseUrl]));
}

/** Walk a flow on recorded or chosen answers: nothing is sent. What is not saved yet is walked, too. */
export function DryRunPage({ id }: { id: string }): ReactNode {
  const editor = editorOf(id);
  const state = useStore(editor.store);
  const doc = state.history?.now.doc ?? null;
  const walk = useWalk(id, doc);
  const { run, at, setAt, result, error, setup } = walk;
  const [saving, setSaving] = useState(false);
  useEffect(() => {
    if (!editor.store.getState().history) void editor.load();
  }, [editor]);
  const addresses = useMemo(() => addressesOf(walk.environments, setup?.environment ?? null), [walk.environments, setup?.environment]);
  return (
    <div className="editor">
      <FlowHead id={id} title={doc?.title ?? null} view="dry-run">
        {unsaved(state) && <span className="save-state is-dirty">{text.notSaved}</span>}
        <Button icon="save" disabled={!result || run.steps.length === 0} onClick={() => setSaving(true)}>
          {text.saveRecording}
        </Button>
      </FlowHead>
      {state.failure && <Problem error={state.failure} onAgain={() => void editor.load()} />}
      {walk.recordings.error && <Problem error={walk.recordings.error} onAgain={walk.recordings.again} />}
      {error && <Refused editor={editor} error={error} />}
      <div className="panes run-panes">
        <aside className="pane pane-add" aria-label={text.title}>
          {setup && <SetupPane setup={setup} recordings={walk.recordings.value ?? []} triggers={walk.triggers} environments={walk.environments} declared={declaredOf(doc)} graph={state.graph} onChange={walk.begin} />}
        </aside>
        <div className="pane pane-canvas">
          {state.graph ? <WalkedCanvas graph={state.graph} label={text.canvas(doc?.title ?? id)} run={run} at={at} onAt={setAt} /> : <p className="empty">{strings.common.loading}</p>}
          <Timeline run={run} at={at} onAt={setAt} />
        </div>
        <aside className="pane pane-form" aria-label={text.stepPane}>
          <Addresses value={addresses}>
            <Beside walk={walk} doc={doc} graph={state.graph} />
          </Addresses>
        </aside>
      </div>
      {saving && result && (
        <SaveRecordingDialog
          flow={id}
          result={result}
          recordings={walk.recordings.value ?? []}
          dirty={unsaved(state)}
          onClose={() => {
            setSaving(false);
            walk.recordings.again();
          }}
        />
      )}
    </div>
  );
}

/** A flow and how far a run has come in it; choosing a node goes to its first visit. */
export function WalkedCanvas({ graph, label, run, at, onAt }: { graph: Graph; label: string; run: Run; at: number; onAt: (at: number) => void }): ReactNode {
  const [searching, setSearching] = useState(false);
  const [sought, setSought] = useState<{ node: string; count: number } | null>(null);
  const overlay = useMemo(() => overlayAt(run, at, graph), [run, at, graph]);
  const token = tokenAt(run, at, graph.start);
  const select = (node: string | null) => {
    const found = run.steps.findIndex((one) => one.node === node);
    if (found >= 0) onAt(found + 1);
  };
  return (
    <>
      <Canvas graph={graph} label={label} selected={token} onSelect={select} overlay={overlay}>
        <CanvasTools onSearch={() => setSearching(true)} selected={token} sought={sought} />
      </Canvas>
      {searching && (
        <NodeSearch
          graph={graph}
          onFound={(node) => {
            setSearching(false);
            select(node);
            setSought((before) => ({ node, count: (before?.count ?? 0) + 1 }));
          }}
          onClose={() => setSearching(false)}
        />
      )}
    </>
  );
}
