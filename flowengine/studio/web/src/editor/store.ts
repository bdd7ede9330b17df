import { createStore, type StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/client";
import { conflictOf, createFlow, diskVersion, editDocument, findingsOf, movePositions, openFlow, readDocument, saveFlow, type Conflict } from "../api/studio";
import type { Doc, Graph, Operation, Point, Positions } from "../api/types";
import { strings } from "../strings";
import { foreseen } from "./foresight";
import { Identities } from "./identities";
import { begun, grown, placed, positionsOf, redone, undone, type History } from "./history";

export interface EditorState {
  id: string;
  /** What is on the disk, as far as we know. */
  base: Doc | null;
  history: History | null;
  /** The last graph that could be drawn: while the text cannot be read, it stays. */
  graph: Graph | null;
  selected: string | null;
  /** Text of the YAML pane that has not been read yet. */
  typed: string | null;
  busy: boolean;
  /** Changes that were asked for and are not in the history yet. */
  pending: number;
  failure: ApiError | null;
  conflict: Conflict | null;
  /** The version that others have written meanwhile. */
  changedOnDisk: string | null;
  /** Whether the file is not there any more. */
  gone: boolean;
  /** What was done last, for the line below the canvas and for screen readers. */
  said: string;
}

const READ_AFTER = 180;
const JUDGE_AFTER = 220;
const JOIN_WITHIN = 1200;

/** A flow that is looked at and changed: its texts, one after the other, and what the server says of each. */
export class Editor {
  readonly store: StoreApi<EditorState>;
  private readonly moved = new Map<string, Point>();
  /** Changes that the server has not answered yet: they show on top of what it has drawn last. */
  private readonly asked: Operation[][] = [];
  private drawn: Graph | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private readTimer = 0;
  private judgeTimer = 0;
  private typedAt = -Infinity;
  /** How often something was selected: who asks for a change selects nothing where one has gone elsewhere meanwhile. */
  private turn = 0;
  readonly identities = new Identities();

  constructor(readonly id: string) {
    this.store = createStore<EditorState>(() => ({
      id,
      base: null,
      history: null,
      graph: null,
      selected: null,
      typed: null,
      busy: false,
      pending: 0,
      failure: null,
      conflict: null,
      changedOnDisk: null,
      gone: false,
      said: "",
    }));
  }

  load = (select: string | null = null) =>
    this.queued(async () => {
      const doc = await openFlow(this.id);
      this.moved.clear();
      this.set({ base: doc, failure: null, gone: false });
      this.show(begun(doc), { selected: select });
    });

  select = (wanted: string | null) => {
    const { history, graph } = this.get();
    const selected = graph?.nodes.some((node) => node.id === wanted) ? wanted : null;
    this.turn += 1;
    if (history) this.set({ selected, history: { ...history, now: { ...history.now, selected } } });
  };

  /** Change the text by operations; `select` is what is selected then, else what was added. New nodes go where `at` says. */
  apply = (operations: Operation[], said: string, select?: string | null, at: Positions = {}) => {
    const before = this.get();
    this.asked.push(operations);
    for (const one of operations) if (one.op === "rename") this.identities.rename(one.node, one.to);
    const graph = this.expected();
    if (select !== undefined) this.turn += 1;
    const { turn } = this;
    this.set({ graph, busy: true, pending: this.asked.length, ...(before.typed === null ? { said } : {}), ...selectable(graph, select) });
    return this.queued(async () => {
      try {
        await this.read();
        const { history } = this.get();
        if (!history) return;
        const { text, path } = history.now.doc;
        const { added, ...doc } = await editDocument({ text, path, positions: { ...positionsOf(this.drawn), ...at }, judge: false }, operations);
        this.answered(operations);
        const { selected: here } = this.get();
        const wanted = select === undefined ? (added[0] ?? here) : select;
        const selected = this.turn === turn ? wanted : here;
        // The way back leads to what was selected when this was asked for.
        const left = { ...history, now: { ...history.now, selected: before.selected } };
        this.show(grown(left, { doc, selected }), { selected, busy: this.asked.length > 0, pending: this.asked.length, failure: null, said });
      } finally {
        const selected = this.turn === turn ? selectable(this.drawn, before.selected) : {};
        if (this.answered(operations)) {
          for (const one of operations) if (one.op === "rename") this.identities.rename(one.to, one.node);
          this.set({ graph: this.expected(), pending: this.asked.length, said: before.said, ...selected });
        }
      }
    });
  };

  /** Take what was written in the YAML pane; it is read after a short pause. */
  type = (text: string) => {
    this.set({ typed: text });
    window.clearTimeout(this.readTimer);
    this.readTimer = window.setTimeout(() => void this.queued(() => this.read()), READ_AFTER);
  };

  /** Go back by a step: of what was asked for until now, also where it is still being done. */
  undo = (): void =>
    void this.queued(async () => {
      await this.read();
      const { history } = this.get();
      if (history?.past.length) this.show(undone(history), { failure: null, said: strings.editor.undone });
    });

  redo = (): void =>
    void this.queued(async () => {
      await this.read();
      const { history } = this.get();
      if (history?.future.length) this.show(redone(history), { failure: null, said: strings.editor.redone });
    });

  move = (positions: Map<string, Point>) => {
    const places = [...positions].map(([node, at]): [string, Point] => [node, { x: Math.round(at.x), y: Math.round(at.y) }]);
    for (const [node, at] of places) this.moved.set(node, at);
    const { history } = this.get();
    if (history) this.show(history);
    return this.queued(async () => {
      await movePositions(this.fileId, Object.fromEntries(places));
    });
  };

  /** Lay the flow out afresh, and forget where nodes have been moved. */
  tidy = () =>
    this.queued(async () => {
      const { history, graph, selected } = this.get();
      if (!history) return;
      const kept = (graph?.nodes ?? []).filter((node) => node.moved).map((node) => [node.id, null] as const);
      if (kept.length > 0) await movePositions(this.fileId, Object.fromEntries(kept));
      this.moved.clear();
      const { text, path } = history.now.doc;
      this.show({ ...history, now: { doc: await readDocument({ text, path, judge: false }), selected } }, { said: strings.editor.tidied });
    });

  save = () =>
    this.queued(async () => {
      await this.read();
      const { history, base, gone } = this.get();
      if (gone) await this.writeAgain();
      else if (history && base && history.now.doc.text !== base.text) await this.write(history.now.doc.text, base);
    });

  /** See whether others have changed the file: what is not changed here is shown as it is now, else it is said. */
  look = async () => {
    const known = this.get().base?.version;
    if (known === undefined || this.get().conflict) return;
    const version = await diskVersion(this.fileId).catch((error: unknown) => (error instanceof ApiError && error.status === 404 ? null : known));
    if (this.get().base?.version !== known) return;
    this.set({ gone: version === null });
    if (version === null || version === known || version === this.get().changedOnDisk) return;
    if (unsaved(this.get())) this.set({ changedOnDisk: version });
    else await this.queued(() => this.reload());
  };

  /** Write over what is on the disk now. */
  settle = (text: string, disk: Doc) => this.queued(() => this.write(text, disk));

  takeDisk = (disk: Doc) => {
    const { history, selected } = this.get();
    this.typedAt = -Infinity;
    if (history) this.show(grown(history, { doc: disk, selected }), { base: disk, conflict: null, changedOnDisk: null, typed: null });
  };

  dismiss = () => this.set({ failure: null, conflict: null });

  private async reload(): Promise<void> {
    const disk = await openFlow(this.fileId);
    const { history, selected } = this.get();
    if (history && !unsaved(this.get())) this.show(grown(history, { doc: disk, selected }), { base: disk, changedOnDisk: null, said: strings.conflict.reloaded });
  }

  /** The flow as the file has it: its id may have been changed in the text. */
  private get fileId(): string {
    return this.get().base?.id ?? this.id;
  }

  private get = () => this.store.getState();

  private set(changes: Partial<EditorState>): void {
    this.store.setState(changes);
  }

  /** One change after the other: each is made to what the one before has left. What fails is shown. */
  private queued(work: () => Promise<void>): Promise<void> {
    const done = this.told(this.queue.then(work));
    this.queue = done.catch(() => null);
    return done;
  }

  private told(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      this.set({ failure: error, busy: false });
    });
  }

  /** Show a step of the history. */
  private show(history: History, changes: Partial<EditorState> = {}): void {
    this.typedAt = -Infinity;
    const doc = placed(history.now.doc, this.moved);
    this.drawn = doc.graph ?? this.drawn;
    const graph = this.expected();
    const wanted = changes.selected === undefined ? history.now.selected : changes.selected;
    const selected = graph?.nodes.some((node) => node.id === wanted) ? wanted : null;
    this.set({ ...changes, history: { ...history, now: { ...history.now, doc } }, graph, selected });
    if (doc.findings !== null) return;
    window.clearTimeout(this.judgeTimer);
    this.judgeTimer = window.setTimeout(() => void this.judge(), history.past.length > 0 ? JUDGE_AFTER : 0);
  }

  /** What is to be seen: what the server has drawn, and what comes of the changes that it has not answered yet. */
  private expected = () => this.drawn && this.asked.reduce(foreseen, this.drawn);

  /** Take a change off those that are not answered; return whether it was one of them. */
  private answered(operations: Operation[]): boolean {
    const at = this.asked.indexOf(operations);
    if (at >= 0) this.asked.splice(at, 1);
    return at >= 0;
  }

  /** Ask what is wrong with the text: after a pause, and beside all else, so that changes show at once. */
  private async judge(): Promise<void> {
    const asked = this.get().history?.now.doc;
    if (asked?.findings !== null) return;
    const findings = await findingsOf(asked.text, asked.path).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      if (this.get().history?.now.doc.text === asked.text) this.set({ failure: error });
      return null;
    });
    if (findings === null) return;
    const history = this.get().history;
    if (history?.now.doc.text !== asked.text) return;
    this.set({ history: { ...history, now: { ...history.now, doc: { ...history.now.doc, findings } } } });
  }

  private async read(): Promise<void> {
    window.clearTimeout(this.readTimer);
    const { typed, history } = this.get();
    if (typed === null || !history) return;
    const joined = performance.now() - this.typedAt < JOIN_WITHIN && history.past.length > 0;
    const doc = await readDocument({ text: typed, path: history.now.doc.path, positions: positionsOf(this.drawn), judge: false });
    if (this.get().typed === typed) this.set({ typed: null });
    this.show(grown(history, { doc, selected: this.get().selected }, joined), { failure: null });
    this.typedAt = performance.now();
  }

  private async writeAgain(): Promise<void> {
    const { history } = this.get();
    const { path, text } = history?.now.doc ?? {};
    if (!history || path == null || text === undefined) return;
    const saved = await createFlow(path, text);
    this.show(history, { base: saved, gone: false, changedOnDisk: null, failure: null, said: strings.editor.saved });
  }

  private async write(text: string, base: Doc): Promise<void> {
    this.set({ busy: true });
    try {
      const saved = await saveFlow(this.fileId, text, base.version, base.text, positionsOf(this.drawn));
      const { history, selected } = this.get();
      if (!history) return;
      const now = history.now.doc.text === saved.text ? history : grown(history, { doc: saved, selected });
      this.show(now, { base: saved, busy: false, conflict: null, changedOnDisk: null, failure: null, said: strings.editor.saved });
    } catch (error) {
      const conflict = conflictOf(error);
      if (!conflict) throw error;
      this.set({ conflict, busy: false });
    }
  }
}

const selectable = (graph: Graph | null, select: string | null | undefined) =>
  select === null || graph?.nodes.some((node) => node.id === select) ? { selected: select ?? null } : {};

const editors = new Map<string, Editor>();

/** Return the editor of a flow. It stays while one looks at other pages, with what is not saved. */
export function editorOf(id: string): Editor {
  const known = editors.get(id);
  if (known) return known;
  const editor = new Editor(id);
  editors.set(id, editor);
  return editor;
}

/** Forget the editor of a flow that has another id now. */
export const closeEditor = (id: string) => editors.delete(id);

/** Return whether a flow has changes that are not on the disk. */
export const unsaved = ({ base, history, typed, pending, gone }: EditorState) => base !== null && (pending > 0 || gone || (typed ?? history?.now.doc.text) !== base.text);

export const anyUnsaved = () => [...editors.values()].some((editor) => unsaved(editor.store.getState()));
