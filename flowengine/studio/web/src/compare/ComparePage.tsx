import { useMemo, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import { compareSides, listRevisions, type Comparison, type Revision, type Side } from "../api/compare";
import { listFlows } from "../api/studio";
import type { ChangeState, Doc, FlowSummary } from "../api/types";
import { replaceQuery, useRoute } from "../app/routes";
import type { NodeMark, Overlay } from "../canvas/overlay";
import { FlowHead } from "../editor/FlowHead";
import { editorOf, unsaved } from "../editor/store";
import { jumpTo, Missing, ShownGraph, type Jump } from "../overlays/ShownGraph";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.compare;
const SIGNS: Record<ChangeState, string> = { same: "", added: "+", removed: "−", changed: "≠" };
const ORDER: readonly ChangeState[] = ["added", "removed", "changed"];
const FILE = "file";
const UNSAVED = "unsaved";

interface Sides {
  id: string;
  /** The text that is being edited, where it is not saved. */
  mine: Doc | null;
  revisions: readonly Revision[];
  flows: readonly FlowSummary[];
}

/** Read what the address calls a side: `file`, `unsaved`, `rev:abc`, `flow:other`. */
function sideOf(written: string, { id, mine }: Sides): Side {
  if (written.startsWith("rev:")) return { flow: id, revision: written.slice("rev:".length) };
  if (written.startsWith("flow:")) return { flow: written.slice("flow:".length) };
  if (written === UNSAVED && mine) return { text: mine.text, path: mine.path };
  return { flow: id };
}

function SideChoice({ label, value, sides, onChange }: { label: string; value: string; sides: Sides; onChange: (value: string) => void }): ReactNode {
  const { id, mine, revisions, flows } = sides;
  const known = [FILE, ...(mine ? [UNSAVED] : []), ...revisions.map((one) => `rev:${one.revision}`), ...flows.map((one) => `flow:${one.id}`)];
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {!known.includes(value) && <option value={value}>{shown(value)}</option>}
        <option value={FILE}>{text.file}</option>
        {mine && <option value={UNSAVED}>{text.unsaved}</option>}
        {revisions.length > 0 && (
          <optgroup label={text.revisions}>
            {revisions.map((one) => (
              <option key={one.revision} value={`rev:${one.revision}`}>
                {`${one.short} ${one.at.slice(0, 10)} ${shown(one.subject)}`}
              </option>
            ))}
          </optgroup>
        )}
        <optgroup label={text.otherFlows}>
          {flows
            .filter((one) => one.id !== id)
            .map((one) => (
              <option key={one.path} value={`flow:${one.id}`}>
                {shown(one.title ?? one.id)}
              </option>
            ))}
        </optgroup>
      </select>
    </label>
  );
}

function overlayOf(found: Comparison): Overlay {
  const nodes = new Map<string, NodeMark>();
  for (const node of found.nodes) {
    const state = node.state ?? "same";
    if (state !== "same") nodes.set(node.id, { tone: state, badge: `${SIGNS[state]} ${text.state[state]}`, spoken: text.state[state] });
  }
  return { nodes, edges: new Map(), dims: false };
}

function Changes({ found, selected, onSelect }: { found: Comparison; selected: string | null; onSelect: (node: string) => void }): ReactNode {
  if (found.changes.length === 0) return <p className="empty">{text.same}</p>;
  return (
    <>
      {ORDER.map((state) => {
        const list = found.changes.filter((one) => one.state === state);
        if (list.length === 0) return null;
        return (
          <section className="side-part" key={state}>
            <h3 className={`change-head ${state}`}>
              <span aria-hidden="true">{SIGNS[state]}</span> {text.state[state]} <span className="soft">{list.length}</span>
            </h3>
            <ul className="side-list">
              {list.map((one, number) => {
                const { node } = one;
                return (
                  <li key={number}>
                    {node === null ? (
                      <span>
                        <Name text={one.text} />
                      </span>
                    ) : (
                      <button type="button" className="text-button" aria-pressed={node === selected} onClick={() => onSelect(node)}>
                        <Name text={one.text} />
                      </button>
                    )}
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </>
  );
}

/** Return what is compared unless one chooses: what is being edited with the file, else the file with the last commit. */
function usual({ mine, revisions }: Sides, clean: boolean): { left: string; right: string } {
  if (mine) return { left: FILE, right: UNSAVED };
  // Where the last commit is what the file says, the one before is what it was changed from.
  const newest = (clean ? revisions[1] : undefined) ?? revisions[0];
  return { left: newest ? `rev:${newest.revision}` : FILE, right: FILE };
}

function useSides(id: string) {
  const { query } = useRoute();
  const state = useStore(editorOf(id).store);
  const mine = unsaved(state) ? (state.history?.now.doc ?? null) : null;
  const revisions = useAsked(() => listRevisions(id), id);
  const flows = useAsked(listFlows, "flows").value ?? [];
  const sides: Sides = { id, mine, revisions: revisions.value?.revisions ?? [], flows };
  const first = usual(sides, revisions.value?.clean === true);
  const left = query.get("left") ?? first.left;
  const right = query.get("right") ?? first.right;
  const known = (revisions.value ?? revisions.error) !== null;
  const key = known ? JSON.stringify([id, left, right, left === UNSAVED || right === UNSAVED ? mine?.version : null]) : "";
  const compared = useAsked(() => (known ? compareSides(sideOf(left, sides), sideOf(right, sides)) : Promise.resolve(null)), key);
  const title = flows.find((one) => one.id === id)?.title ?? null;
  return { sides, left, right, key, compared, title, reason: revisions.value?.reason ?? null };
}

/** Two versions of a flow as one picture. */
export function ComparePage({ id }: { id: string }): ReactNode {
  const { sides, left, right, key, compared, title, reason } = useSides(id);
  const [selected, setSelected] = useState<string | null>(null);
  const [jump, setJump] = useState<Jump | null>(null);
  const lead = (node: string) => {
    setSelected(node);
    setJump(jumpTo(node));
  };
  const found = compared.value;
  const overlay = useMemo(() => (found ? overlayOf(found) : null), [found]);
  return (
    <div className="editor">
      <FlowHead id={id} title={title} view="compare">
        <Button look="quiet" onClick={() => replaceQuery({ left: right, right: left })}>
          {text.swap}
        </Button>
      </FlowHead>
      {compared.error && <Problem error={compared.error} onAgain={compared.again} />}
      <div className="panes two-panes">
        <div className="pane pane-canvas">{found && overlay ? <ShownGraph key={key} graph={found} label={text.canvas(title ?? id)} overlay={overlay} selected={selected} onSelect={setSelected} jump={jump} /> : <Missing of={compared.error} />}</div>
        <aside className="pane pane-form" aria-label={text.changes}>
          <div className="pane-head">
            <h2>{text.changes}</h2>
          </div>
          <div className="side-part">
            <SideChoice label={text.left} value={left} sides={sides} onChange={(value) => replaceQuery({ left: value })} />
            <SideChoice label={text.right} value={right} sides={sides} onChange={(value) => replaceQuery({ right: value })} />
            {reason !== null && <p className="soft small">{text.noGit(shown(reason))}</p>}
            {found?.left.problem != null && <p className="note">{text.unread(text.left, shown(found.left.problem))}</p>}
            {found?.right.problem != null && <p className="note">{text.unread(text.right, shown(found.right.problem))}</p>}
          </div>
          {found && <Changes found={found} selected={selected} onSelect={lead} />}
        </aside>
      </div>
    </div>
  );
}
