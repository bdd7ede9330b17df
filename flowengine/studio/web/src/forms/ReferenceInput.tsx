import { useId, useLayoutEffect, useMemo, useRef, useState, type ChangeEvent, type KeyboardEvent, type ReactNode } from "react";
import type { Reference } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { openReference } from "./values";

interface Props {
  id: string;
  /** What it is called where no label stands beside it. */
  label?: string | undefined;
  /** What it is called, also where a label stands beside it. */
  called: string;
  value: string;
  references: readonly Reference[];
  onChange: (value: string) => void;
  onCommit: () => void;
  describedBy?: string | undefined;
  invalid?: boolean;
  mono?: boolean;
  /** `lines`: a text of several lines; `code`: one in which Enter begins a line. */
  look?: "line" | "lines" | "code";
  placeholder?: string | undefined;
  required?: boolean;
  /** What is written has been taken. */
  settled?: boolean;
}

type Control = HTMLInputElement & HTMLTextAreaElement;

const MOST = 60;

/** Return the references that go with the letters, those that begin with them first. */
export function offered(references: readonly Reference[], letters: string): Reference[] {
  const wanted = letters.toLowerCase();
  const inner = (one: Reference) => one.text.slice(2, -1).toLowerCase();
  const rank = (one: Reference) => (inner(one).startsWith(wanted) ? 0 : inner(one).split(".").some((name) => name.startsWith(wanted)) ? 1 : inner(one).includes(wanted) ? 2 : 3);
  const ranked = references.map((one) => ({ one, at: rank(one) })).filter(({ at }) => at < 3);
  return ranked
    .sort((left, right) => left.at - right.at)
    .map(({ one }) => one)
    .slice(0, MOST);
}

/** What is offered while a reference is being written, and which of it is chosen. */
function useOffers(value: string, references: readonly Reference[]) {
  const [cursor, setCursor] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const open = useMemo(() => (cursor === null ? null : openReference(value, cursor)), [cursor, value]);
  const offers = useMemo(() => (open ? offered(references, open.letters) : []), [open, references]);
  const number = Math.min(at, offers.length - 1);
  return {
    offers,
    number,
    here: offers[number],
    step: (by: number) => setAt((number + by + offers.length) % Math.max(1, offers.length)),
    look: (where: number | null) => {
      setCursor(where);
      setAt(0);
    },
    taken: (reference: Reference) => {
      if (!open || cursor === null) return null;
      const before = value.slice(0, open.from) + reference.text;
      return { text: before + value.slice(cursor).replace(/^[^()\s]*\)/, ""), cursor: before.length };
    },
  };
}

/** Whether the browser lets fields grow by itself; measuring each of them lays out the page once more. */
const grows = () => CSS.supports("field-sizing", "content");

/** A field that grows with its text, and offers what may be referenced after `$(`. */
export function ReferenceInput(props: Props): ReactNode {
  const { id, label, value, references, onChange, onCommit, look = "line" } = props;
  const area = useRef<Control>(null);
  const list = useId();
  const { offers, number, here, step, look: lookAt, taken } = useOffers(value, references);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element || look === "line" || grows()) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [value, look]);
  const place = (text: string, cursor: number, again: boolean) => {
    onChange(text);
    lookAt(again ? cursor : null);
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(cursor, cursor);
    });
  };
  const take = (reference: Reference) => {
    const now = taken(reference);
    if (now) place(now.text, now.cursor, false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (here) {
      const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (by) step(by);
      else if (event.key === "Enter" || event.key === "Tab") take(here);
      else if (event.key === "Escape") lookAt(null);
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const leaves = event.key === "Enter" && (look === "line" || (event.ctrlKey || event.metaKey) || (look === "lines" && !event.shiftKey));
    const saves = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey);
    if (leaves) event.preventDefault();
    if (leaves || saves) onCommit();
  };
  const insert = () => {
    const cursor = area.current?.selectionStart ?? value.length;
    place(`${value.slice(0, cursor)}$(${value.slice(cursor)}`, cursor + 2, true);
  };
  const control = {
    ref: area,
    id,
    className: props.mono ? "mono" : undefined,
    "aria-label": label,
    "aria-autocomplete": "list" as const,
    "aria-controls": here ? list : undefined,
    "aria-activedescendant": here ? `${list}-${number}` : undefined,
    "aria-describedby": props.describedBy,
    "aria-invalid": props.invalid,
    "aria-required": props.required,
    "data-settled": props.settled,
    placeholder: props.placeholder,
    value,
    spellCheck: false,
    autoComplete: "off",
    onChange: (event: ChangeEvent<Control>) => {
      onChange(event.target.value);
      lookAt(event.target.selectionStart);
    },
    onKeyDown,
    onBlur: () => {
      lookAt(null);
      onCommit();
    },
  };
  const offers_ = references.length > 0;
  return (
    <div className={`reference-input${offers_ ? " has-offers" : ""}`}>
      {look !== "line" ? (
        <textarea rows={look === "code" ? 4 : 1} aria-haspopup={offers_ ? "listbox" : undefined} {...control} />
      ) : offers_ ? (
        <input role="combobox" aria-expanded={here !== undefined} {...control} aria-controls={list} />
      ) : (
        <input {...control} aria-autocomplete={undefined} />
      )}
      {offers_ && <Button look="quiet" className="insert" label={strings.form.insert(props.called)} tabIndex={-1} onMouseDown={(event) => event.preventDefault()} onClick={insert}>{"$( )"}</Button>}
      {offers_ && <Offers list={list} offers={offers} number={number} onTake={take} />}
    </div>
  );
}

function Offers({ list, offers, number, onTake }: { list: string; offers: readonly Reference[]; number: number; onTake: (reference: Reference) => void }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [number, offers]);
  const isOpen = offers.length > 0;
  useLayoutEffect(() => {
    if (isOpen) box.current?.scrollIntoView({ block: "nearest" });
  }, [isOpen]);
  return (
    <div ref={box} id={list} role="listbox" aria-label={strings.form.references} className="offers" tabIndex={0} onMouseDown={(event) => event.preventDefault()} hidden={offers.length === 0}>
      {offers.map((reference, at) => (
        // The field has the keys; the pointer only points.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
        <div key={reference.text} id={`${list}-${at}`} role="option" aria-selected={at === number} className="offer" onMouseDown={(event) => event.preventDefault()} onClick={() => onTake(reference)}>
          <span className="mono">{shown(reference.text)}</span>
          <span className="soft small">{[reference.type === null ? null : strings.form.types(reference.type), strings.form.origin(reference.from), reference.always ? null : strings.form.maybeMissing].filter(Boolean).join(" · ")}</span>
        </div>
      ))}
    </div>
  );
}
