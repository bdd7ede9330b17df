import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { Reference } from "../api/types";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { openReference } from "./values";

interface Props {
  id: string;
  value: string;
  references: readonly Reference[];
  onChange: (value: string) => void;
  onCommit: () => void;
  describedBy?: string | undefined;
  invalid?: boolean;
  mono?: boolean;
  placeholder?: string | undefined;
  required?: boolean;
  /** What is written has been taken. */
  settled?: boolean;
}

const MOST = 60;

/** Return the references that go with the letters, those that begin with them first. */
export function offered(references: readonly Reference[], letters: string): Reference[] {
  const wanted = letters.toLowerCase();
  const inner = (one: Reference) => one.text.slice(2, -1).toLowerCase();
  const first = references.filter((one) => inner(one).startsWith(wanted));
  const rest = wanted ? references.filter((one) => !inner(one).startsWith(wanted) && inner(one).includes(wanted)) : [];
  return [...first, ...rest].slice(0, MOST);
}

/** A field that grows with its text, and offers what may be referenced after `$(`. */
export function ReferenceInput(props: Props): ReactNode {
  const { id, value, references, onChange, onCommit, describedBy, invalid, mono, placeholder, required, settled } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const [cursor, setCursor] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const open = cursor === null ? null : openReference(value, cursor);
  const offers = useMemo(() => (open ? offered(references, open.letters) : []), [open, references]);
  const here = offers[Math.min(at, offers.length - 1)];
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [value]);
  const take = (reference: Reference) => {
    if (!open || cursor === null) return;
    const rest = value.slice(cursor).replace(/^[^()\s]*\)/, "");
    const before = value.slice(0, open.from) + reference.text;
    onChange(before + rest);
    setCursor(null);
    requestAnimationFrame(() => area.current?.setSelectionRange(before.length, before.length));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (here && offers.length > 0) {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step) setAt((Math.min(at, offers.length - 1) + step + offers.length) % offers.length);
      else if (event.key === "Enter" || event.key === "Tab") take(here);
      else if (event.key === "Escape") setCursor(null);
      else return;
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !mono) {
      event.preventDefault();
      onCommit();
    }
  };
  return (
    <div className="reference-input">
      <textarea
        ref={area}
        id={id}
        rows={1}
        className={mono ? "mono" : undefined}
        aria-haspopup={references.length > 0 ? "listbox" : undefined}
        aria-controls={offers.length > 0 ? list : undefined}
        aria-autocomplete="list"
        aria-activedescendant={here ? `${list}-${offers.indexOf(here)}` : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        aria-required={required}
        data-settled={settled}
        placeholder={placeholder}
        value={value}
        spellCheck={false}
        onChange={(event) => {
          onChange(event.target.value);
          setCursor(event.target.selectionStart);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setCursor(null);
          onCommit();
        }}
      />
      <div id={list} role="listbox" aria-label={strings.form.references} className="offers" tabIndex={0} hidden={offers.length === 0} onMouseDown={(event) => event.preventDefault()}>
        {offers.map((reference, number) => (
          // The field has the keys; the pointer only points.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
          <div key={reference.text} id={`${list}-${number}`} role="option" aria-selected={reference === here} className="offer" onMouseDown={(event) => event.preventDefault()} onClick={() => take(reference)}>
            <span className="mono">{shown(reference.text)}</span>
            <span className="soft small">{[reference.type, reference.always ? null : strings.form.maybeMissing].filter(Boolean).join(", ")}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
