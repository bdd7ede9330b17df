import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { strings } from "../strings";
import { Icon, type IconName } from "./icons";
import { Name } from "./Name";

export interface Choice {
  id: string;
  label: string;
  aside?: string;
  icon?: IconName;
  group?: string;
  tone?: "success" | "error";
  disabled?: boolean;
  /** What it is found by as well, without being shown. */
  words?: string;
}

interface Props {
  label: string;
  placeholder: string;
  choices: readonly Choice[];
  onChoose: (choice: Choice) => void;
  onClose?: () => void;
}

function rank(choice: Choice, words: readonly string[]): number {
  const label = choice.label.toLowerCase();
  const all = `${label} ${choice.id.toLowerCase()} ${choice.aside?.toLowerCase() ?? ""} ${choice.words?.toLowerCase() ?? ""}`;
  if (!words.every((word) => all.includes(word))) return -1;
  const first = words[0] ?? "";
  return label.startsWith(first) ? 2 : label.includes(first) ? 1 : 0;
}

/** Return the choices that have all words, the nearest first. Choices of a group stay together. */
export function matching(choices: readonly Choice[], text: string): Choice[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...choices];
  return choices
    .map((choice) => ({ choice, points: rank(choice, words) }))
    .filter(({ points }) => points >= 0)
    .sort((left, right) => right.points - left.points)
    .map(({ choice }) => choice);
}

/** A list to choose one from, by writing a part of it or with the arrow keys. */
export function Chooser({ label, placeholder, choices, onChoose, onClose }: Props): ReactNode {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = useMemo(() => matching(choices, text), [choices, text]);
  const here = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [here, text]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const choice = found[here];
    if (step) setAt((here + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter" && choice && !choice.disabled) onChoose(choice);
    else if (event.key === "Escape" && onClose) onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="chooser">
      <div className="chooser-field">
        <Icon name="search" />
        <input
          role="combobox"
          aria-label={label}
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={found[here] ? `${id}-${here}` : undefined}
          placeholder={placeholder}
          value={text}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className="chooser-list" role="listbox" id={id} aria-label={label} ref={list}>
        {found.map((choice, number) => (
          <ChooserRow key={choice.id} id={`${id}-${number}`} choice={choice} group={choice.group !== found[number - 1]?.group ? choice.group : undefined} selected={number === here} onChoose={onChoose} />
        ))}
        {found.length === 0 && <p className="chooser-none">{strings.common.nothingFound}</p>}
      </div>
    </div>
  );
}

function ChooserRow({ id, choice, group, selected, onChoose }: { id: string; choice: Choice; group: string | undefined; selected: boolean; onChoose: (choice: Choice) => void }): ReactNode {
  return (
    <>
      {group !== undefined && (
        <div className="chooser-group" role="presentation">
          {group}
        </div>
      )}
      {/* The field above has the keys; the pointer only points. */}
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
      <div id={id} role="option" aria-selected={selected} aria-disabled={choice.disabled} className={`chooser-row ${choice.tone ?? ""}`} onMouseDown={(event) => event.preventDefault()} onClick={() => !choice.disabled && onChoose(choice)}>
        {choice.icon && <Icon name={choice.icon} />}
        <span className="chooser-label">
          <Name text={choice.label} />
        </span>
        {choice.aside !== undefined && (
          <span className="chooser-aside">
            <Name text={choice.aside} />
          </span>
        )}
      </div>
    </>
  );
}
