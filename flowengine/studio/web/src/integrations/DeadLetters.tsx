import { useState, type ReactNode } from "react";
import { listDead, resend } from "../api/integrations";
import { Button } from "../parts/Button";
import { JsonView } from "../parts/JsonView";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.streams;

/** Events that were given up; they may be sent once more. */
export function DeadLetters({ stream, count, onResent }: { stream: string; count: number; onResent: () => void }): ReactNode {
  const dead = useAsked(() => (count === 0 ? Promise.resolve([]) : listDead(stream)), `${stream} ${count}`);
  const [marked, setMarked] = useState<readonly number[]>([]);
  const action = useAction();
  const again = (numbers: number[] | null) =>
    void action.run(async () => {
      await resend(stream, numbers);
      setMarked([]);
      onResent();
      dead.again();
    });
  return (
    <section className="stream-part">
      <h3>
        {text.deadLetters} <span className="soft">{count}</span>
      </h3>
      {dead.error && <Problem error={dead.error} onAgain={dead.again} />}
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
      {count === 0 && <p className="soft">{text.noDead}</p>}
      {count > 0 && (
        <>
          <div className="stream-actions">
            <Button icon="reopen" disabled={marked.length === 0 || action.busy} onClick={() => again([...marked])}>
              {text.resendMarked(marked.length)}
            </Button>
            <Button disabled={action.busy} onClick={() => again(null)}>
              {text.resendAll}
            </Button>
          </div>
          <ul className="side-list">
            {(dead.value ?? []).map((one) => (
              <li key={one.number} className="letter">
                <input type="checkbox" aria-label={text.mark(shown(one.event))} checked={marked.includes(one.number)} onChange={() => setMarked(marked.includes(one.number) ? marked.filter((each) => each !== one.number) : [...marked, one.number])} />
                <details>
                  <summary>
                    <Name text={one.event} mono /> <span className="soft small">{one.reason === null ? "" : shown(one.reason)}</span> <Moment at={one.at} />
                  </summary>
                  <JsonView value={one.body} depth={2} />
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
