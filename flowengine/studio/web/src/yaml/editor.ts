import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, StateEffect, StateField, type Extension, type Range, type Text } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, type DecorationSet } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Finding } from "../api/types";
import { strings } from "../strings";

/** Marks a change that came from outside: it is not told to the outside again. */
const FromOutside = Annotation.define<boolean>();

export interface Lines {
  from: number;
  to: number;
}

const setMarks = StateEffect.define<{ findings: readonly Finding[]; lines: Lines | null }>();

/** Return where a line and column (counted in code points, from 1) stand in a text. */
export function offset(text: Text, line: number, column: number): number {
  const at = text.line(Math.min(Math.max(line, 1), text.lines));
  let units = 0;
  let points = 1;
  for (const letter of at.text) {
    if (points >= column) break;
    units += letter.length;
    points += 1;
  }
  return at.from + units;
}

function marksOf(text: Text, findings: readonly Finding[], lines: Lines | null): DecorationSet {
  const marks: Range<Decoration>[] = [];
  if (lines) {
    for (let line = lines.from; line <= Math.min(lines.to, text.lines); line++) marks.push(Decoration.line({ class: "cm-node" }).range(text.line(line).from));
  }
  for (const finding of findings) {
    if (finding.line == null) continue;
    const from = offset(text, finding.line, finding.column ?? 1);
    const to = finding.endLine == null ? text.lineAt(from).to : offset(text, finding.endLine, finding.endColumn ?? 1);
    const said = [finding.message, finding.hint].filter(Boolean).join("\n");
    if (to > from) marks.push(Decoration.mark({ class: `cm-${finding.severity}`, attributes: { title: said } }).range(from, to));
    else marks.push(Decoration.line({ class: `cm-${finding.severity}-line`, attributes: { title: said } }).range(text.lineAt(from).from));
  }
  return Decoration.set(marks, true);
}

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, transaction) => {
    let now = before.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setMarks)) now = marksOf(transaction.state.doc, effect.value.findings, effect.value.lines);
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--yes)" },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: "var(--soft)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", color: "var(--ink)", backgroundColor: "var(--surface)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-node": { backgroundColor: "var(--accent-soft)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-error": { textDecoration: "underline wavy var(--no) 1px", textUnderlineOffset: "3px" },
  ".cm-warning": { textDecoration: "underline wavy var(--warn) 1px", textUnderlineOffset: "3px" },
  ".cm-hint": { textDecoration: "underline dotted var(--soft) 1px", textUnderlineOffset: "3px" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--selection)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)" },
});

export interface Told {
  onText: (text: string) => void;
  onLine: (line: number) => void;
  /** The text has no history of its own: that of the page goes across picture, form and text. */
  onUndo: () => void;
  onRedo: () => void;
}

const pageKeys = ({ onUndo, onRedo }: Told) => [
  { key: "Mod-z", run: () => (onUndo(), true), preventDefault: true },
  { key: "Mod-Shift-z", run: () => (onRedo(), true), preventDefault: true },
  { key: "Mod-y", run: () => (onRedo(), true), preventDefault: true },
];

/** Left to itself, the browser keeps the style of what is typed over in an inline style, which the policy forbids. */
function typedOver(event: InputEvent, view: EditorView): boolean {
  if (event.inputType !== "insertText" || event.data === null || view.composing || view.state.readOnly || view.state.selection.ranges.every((range) => range.empty)) return false;
  event.preventDefault();
  view.dispatch({ ...view.state.replaceSelection(event.data), userEvent: "input.type", scrollIntoView: true });
  return true;
}

/** An editor in a root of its own: there its styles may be added without loosening the page's policy. */
export function openEditor(parent: HTMLElement, text: string, told: Told, readOnly = false): EditorView {
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
  const extensions: Extension[] = [
    lineNumbers(),
    // What turns or hides letters is shown as what it is.
    highlightSpecialChars(),
    foldGutter(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightSelectionMatches(),
    search({ top: true }),
    yaml(),
    syntaxHighlighting(colours),
    look,
    marks,
    keymap.of([...pageKeys(told), ...defaultKeymap, ...searchKeymap, ...(readOnly ? [] : [indentWithTab])]),
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({ "aria-label": strings.yaml.title, tabindex: "0" }),
    EditorView.domEventHandlers({ beforeinput: typedOver }),
    EditorView.updateListener.of((update) => {
      const outside = update.transactions.some((one) => one.annotation(FromOutside));
      if (update.docChanged && !outside) told.onText(update.state.doc.toString());
      if (update.selectionSet && !outside) told.onLine(update.state.doc.lineAt(update.state.selection.main.head).number);
    }),
  ];
  return new EditorView({ state: EditorState.create({ doc: text, extensions }), parent: root as unknown as Element, root });
}

/** Put another text in, changing no more than what differs, so that the cursor stays where it is. */
export function replaceText(view: EditorView, text: string): void {
  const before = view.state.doc.toString();
  if (before === text) return;
  let from = 0;
  while (from < before.length && from < text.length && before[from] === text[from]) from++;
  let [end, until] = [before.length, text.length];
  while (end > from && until > from && before[end - 1] === text[until - 1]) {
    end--;
    until--;
  }
  const changes = { from, to: end, insert: text.slice(from, until) };
  // One who writes here, and undoes it, goes on where it was.
  const cursor = view.hasFocus ? { selection: { anchor: until }, scrollIntoView: true } : {};
  view.dispatch({ changes, ...cursor, annotations: FromOutside.of(true) });
}

export function mark(view: EditorView, findings: readonly Finding[], lines: Lines | null, scroll: boolean): void {
  const effects: StateEffect<unknown>[] = [setMarks.of({ findings, lines })];
  const line = scroll && lines ? view.state.doc.line(Math.min(Math.max(lines.from, 1), view.state.doc.lines)) : null;
  if (line) effects.push(EditorView.scrollIntoView(line.from, { y: "start", yMargin: 40 }));
  view.dispatch({ effects, ...(line ? { selection: { anchor: line.from } } : {}), annotations: FromOutside.of(true) });
}
