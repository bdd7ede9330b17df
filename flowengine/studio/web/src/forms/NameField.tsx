import { useId, useState, type ReactNode } from "react";
import { textOf } from "../api/json";
import type { Json } from "../api/types";
import { Button } from "../parts/Button";
import { strings } from "../strings";

interface Props {
  title: string;
  value: Json | undefined;
  /** Names that there are; others may be written. */
  names: readonly string[];
  help?: string;
  onSet: (value: string | undefined) => void;
}

/** A name of something that is kept elsewhere, with those that there are on offer. */
export function NameField({ title, value, names, help, onSet }: Props): ReactNode {
  const id = useId();
  const written = textOf(value);
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null);
  const current = draft?.of === written ? draft.text : written;
  const commit = () => {
    if (current !== written) onSet(current || undefined);
  };
  return (
    <div className="field">
      <div className="field-head">
        <label className="field-label" htmlFor={id}>
          {title}
        </label>
        {written !== "" && <Button icon="cross" look="quiet" className="field-clear" label={strings.form.clear(title)} onClick={() => onSet(undefined)} />}
      </div>
      <input id={id} list={`${id}-names`} value={current} autoComplete="off" data-settled={current === written} aria-describedby={help ? `${id}-help` : undefined} onChange={(event) => setDraft({ text: event.target.value, of: written })} onBlur={commit} onKeyDown={(event) => event.key === "Enter" && commit()} />
      <datalist id={`${id}-names`}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {help && (
        <p id={`${id}-help`} className="field-help">
          {help}
        </p>
      )}
    </div>
  );
}
