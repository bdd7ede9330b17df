import { useId, useState, type ReactNode } from "react";
import { isObject } from "../api/json";
import type { Json, JsonObject } from "../api/types";
import { strings } from "../strings";

interface Props {
  label: string;
  value: JsonObject;
  help?: string;
  rows?: number;
  onChange: (value: JsonObject) => void;
}

/** Return what was written as a JSON object; null where it is none. */
export function readObject(written: string): JsonObject | null {
  try {
    const value = written.trim() === "" ? {} : (JSON.parse(written) as Json);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A JSON object to write by hand: what is none is said as one writes, and not passed on. */
export function JsonText({ label, value, help, rows = 8, onChange }: Props): ReactNode {
  const id = useId();
  const [draft, setDraft] = useState(() => (Object.keys(value).length > 0 ? JSON.stringify(value, null, 2) : ""));
  const wrong = readObject(draft) === null;
  const write = (written: string) => {
    setDraft(written);
    const read = readObject(written);
    if (read !== null) onChange(read);
  };
  return (
    <div className={wrong ? "field is-bad" : "field"}>
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <textarea id={id} className="mono trigger-text" rows={rows} spellCheck={false} placeholder="{}" value={draft} aria-invalid={wrong} aria-describedby={`${id}-said`} onChange={(event) => write(event.target.value)} />
      <span id={`${id}-said`} role="status" className={wrong ? "field-bad" : "field-help"}>
        {wrong ? strings.dryRun.notObject : help}
      </span>
    </div>
  );
}
