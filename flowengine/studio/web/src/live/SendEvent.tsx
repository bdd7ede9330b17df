import { useState, type SubmitEvent, type ReactNode } from "react";
import { isObject, textOf } from "../api/json";
import { sendToRun, type AwaitedEvent } from "../api/runs";
import type { Json } from "../api/types";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { strings } from "../strings";

const text = strings.sendEvent;

function read(written: string): Json | undefined {
  try {
    return JSON.parse(written) as Json;
  } catch {
    return undefined;
  }
}

const said = (body: Json | undefined, root: string): string => {
  const variables = isObject(body) ? body[root] : undefined;
  return isObject(variables) ? textOf(variables.message) : "";
};

/** Put a message into an event of a channel. */
function saying(body: Json | undefined, root: string, message: string): string {
  const whole = isObject(body) ? body : {};
  const variables = isObject(whole[root]) ? whole[root] : {};
  return JSON.stringify({ ...whole, [root]: { ...variables, message } }, null, 2);
}

const labelOf = ({ outcome, name }: AwaitedEvent) => (outcome === null ? name : `${outcome}: ${name}`);

function Sent({ answer, run }: { answer: { state: string; runs: string[] }; run: string }): ReactNode {
  const other = answer.runs.find((one) => one !== run);
  if (answer.state === "taken" && other === undefined) return text.taken;
  return other === undefined ? (
    text.tooLate
  ) : (
    <>
      {text.takenByOther} <a href={link(["runs", other])}>{shown(other.slice(0, 8))}</a>
    </>
  );
}

/** Be the customer or the program that a run waits for. */
export function SendEvent({ run, events, onSent }: { run: string; events: readonly AwaitedEvent[]; onSent: () => void }): ReactNode {
  const [number, setNumber] = useState(0);
  const [written, setWritten] = useState(() => JSON.stringify(events[0]?.sample ?? {}, null, 2));
  const [sent, setSent] = useState<{ state: string; runs: string[] } | null>(null);
  const action = useAction();
  const event = events[number];
  const body = read(written);
  if (!event) return null;
  const choose = (chosen: number) => {
    setNumber(chosen);
    setWritten(JSON.stringify(events[chosen]?.sample ?? {}, null, 2));
  };
  const onSubmit = (submitted: SubmitEvent) => {
    submitted.preventDefault();
    if (body === undefined) return;
    void action.run(async () => setSent(await sendToRun(run, event.key, body))).then(onSent);
  };
  const { root } = event;
  return (
    <form className="side-part" aria-label={text.title} onSubmit={onSubmit}>
      <h3>{text.title}</h3>
      {events.length > 1 && (
        <select aria-label={text.which} value={number} onChange={(changed) => choose(Number(changed.target.value))}>
          {events.map((one, at) => (
            <option key={one.key} value={at}>
              {shown(labelOf(one))}
            </option>
          ))}
        </select>
      )}
      {root !== null && (
        <label className="field">
          <span className="field-label">{text.message}</span>
          <input value={said(body, root)} disabled={body === undefined} onChange={(changed) => setWritten(saying(body, root, changed.target.value))} />
        </label>
      )}
      <details className="changes">
        <summary>{text.whole}</summary>
        <textarea className="mono trigger-text" rows={8} spellCheck={false} aria-label={text.whole} value={written} aria-invalid={body === undefined} onChange={(changed) => setWritten(changed.target.value)} />
      </details>
      {body === undefined && <span className="field-bad">{strings.form.notJson}</span>}
      <Button type="submit" icon="inbox" disabled={body === undefined || action.busy}>
        {text.send}
      </Button>
      {sent && (
        <p className="soft small" role="status">
          <Sent answer={sent} run={run} />
        </p>
      )}
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
    </form>
  );
}
