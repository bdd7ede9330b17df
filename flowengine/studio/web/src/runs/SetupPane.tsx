import { useId, useState, type ReactNode } from "react";
import type { Project, RecordingSummary } from "../api/dryRun";
import { isObject } from "../api/json";
import type { Json, JsonObject } from "../api/types";
import { Icon } from "../parts/icons";
import { shown } from "../parts/Name";
import { strings } from "../strings";

const text = strings.dryRun;

export interface Setup {
  recording: string | null;
  sample: string | null;
  trigger: JsonObject | null;
}

interface Props {
  setup: Setup;
  recordings: readonly RecordingSummary[];
  triggers: Project["triggers"];
  channel: string | null;
  onChange: (setup: Setup) => void;
}

const STATES = { passed: "✓", failed: "✕", broken: "✕", "no-expectation": "○" };

function TriggerEditor({ trigger, onChange }: { trigger: JsonObject; onChange: (trigger: JsonObject) => void }): ReactNode {
  const id = useId();
  const [draft, setDraft] = useState(() => JSON.stringify(trigger, null, 2));
  const [wrong, setWrong] = useState(false);
  const commit = () => {
    try {
      const value = JSON.parse(draft) as Json;
      setWrong(!isObject(value));
      if (isObject(value)) onChange(value);
    } catch {
      setWrong(true);
    }
  };
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {text.event}
      </label>
      <textarea id={id} className="mono trigger-text" rows={12} spellCheck={false} value={draft} aria-invalid={wrong} onChange={(event) => setDraft(event.target.value)} onBlur={commit} />
      {wrong && <p className="field-bad">{strings.form.notJson}</p>}
    </div>
  );
}

/** What a dry-run begins with: the event, and the answers of a recording. Without one, each answer is asked for. */
export function SetupPane({ setup, recordings, triggers, channel, onChange }: Props): ReactNode {
  const id = useId();
  const fitting = triggers.filter((one) => channel === null || one.channel === null || one.channel === channel);
  return (
    <div className="setup">
      <div className="pane-head">
        <h2>{text.title}</h2>
      </div>
      <fieldset className="recordings">
        <legend>{text.answers}</legend>
        <label className="recording">
          <input type="radio" name={id} checked={setup.recording === null} onChange={() => onChange({ ...setup, recording: null, sample: setup.sample ?? fitting[0]?.name ?? null, trigger: setup.trigger ?? fitting[0]?.data ?? {} })} />
          <span>
            {text.byHand}
            <span className="soft small">{text.byHandHelp}</span>
          </span>
        </label>
        {recordings.map((one) => (
          <label key={one.name} className="recording">
            <input type="radio" name={id} checked={setup.recording === one.name} onChange={() => onChange({ recording: one.name, sample: null, trigger: null })} />
            <span>
              {shown(one.title ?? one.name)}
              <span className="soft small mono">{shown(one.name)}</span>
            </span>
            <span className={`recording-state ${one.status}`} title={text.status[one.status]}>
              <span aria-hidden="true">{STATES[one.status]}</span>
              <span className="sr">{text.status[one.status]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {setup.recording === null && (
        <>
          {fitting.length > 0 && (
            <label className="field">
              <span className="field-label">{text.sample}</span>
              <select value={setup.sample ?? ""} onChange={(event) => onChange({ ...setup, sample: event.target.value || null, trigger: fitting.find((one) => one.name === event.target.value)?.data ?? {} })}>
                <option value="">{text.noSample}</option>
                {fitting.map((one) => (
                  <option key={one.path} value={one.name}>
                    {one.name}
                  </option>
                ))}
              </select>
            </label>
          )}
          <TriggerEditor key={setup.sample} trigger={setup.trigger ?? {}} onChange={(trigger) => onChange({ ...setup, trigger })} />
        </>
      )}
      <p className="soft small">
        <Icon name="info" size={14} /> {text.nothingSent}
      </p>
    </div>
  );
}
