import { useId, useState, type ReactNode } from "react";
import type { Missing, Offer } from "../api/dryRun";
import type { Json, JsonObject } from "../api/types";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { readObject } from "./JsonText";
import { RequestView } from "./Request";

const text = strings.dryRun;

function Offers({ outcomes, onAnswer }: { outcomes: readonly Offer[]; onAnswer: (answer: Json) => void }): ReactNode {
  return (
    <ul className="outcomes">
      {outcomes.map((one) => (
        <li key={one.name}>
          <button type="button" className={`choice ${one.kind}`} onClick={() => onAnswer(one.answer)} title={one.description ?? undefined}>
            <span className="edge-sign" aria-hidden="true">
              {one.kind === "error" ? "✕" : "●"}
            </span>
            <Name text={one.name} />
            <span className="soft small">→ {one.to === null ? strings.run.nowhere : shown(one.to)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** An answer to write by hand, beginning with one that leads to an outcome. */
function OwnAnswer({ outcomes, onAnswer }: { outcomes: readonly Offer[]; onAnswer: (answer: JsonObject) => void }): ReactNode {
  const id = useId();
  const written = (name: string) => JSON.stringify(outcomes.find((one) => one.name === name)?.answer ?? {}, null, 2);
  const [name, setName] = useState(outcomes[0]?.name ?? "");
  const [draft, setDraft] = useState(() => written(name));
  const answer = readObject(draft);
  return (
    <details className="changes">
      <summary>{text.ownAnswer}</summary>
      <div className="fields start-variables">
        <label className="field">
          <span className="field-label">{text.ownLike}</span>
          <select
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              setDraft(written(event.target.value));
            }}
          >
            {outcomes.map((one) => (
              <option key={one.name} value={one.name}>
                {shown(one.name)}
              </option>
            ))}
          </select>
        </label>
        <div className={answer ? "field" : "field is-bad"}>
          <label className="field-label" htmlFor={id}>
            {text.ownText}
          </label>
          <textarea id={id} className="mono trigger-text" rows={10} spellCheck={false} value={draft} aria-invalid={!answer} onChange={(event) => setDraft(event.target.value)} />
          {!answer && <span className="field-bad">{text.notObject}</span>}
        </div>
        <Button look="primary" disabled={!answer} onClick={() => answer && onAnswer(answer)}>
          {text.goOn}
        </Button>
      </div>
    </details>
  );
}

function Waits({ missing }: { missing: Missing }): ReactNode {
  return (
    <div className="small">
      <p>{missing.seconds === null ? text.waitsForEver : text.waits(missing.seconds)}</p>
      <ul className="side-list">
        {missing.events.map((one) => (
          <li key={one.key}>
            <Name text={one.label} /> <span className="soft mono"><Name text={one.key} /></span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface Props {
  missing: Missing;
  title: string;
  /** `node`: another one than that which is asked. */
  onAnswer: (answer: Json, node?: string) => void;
}

/** The walk has come to a node whose answer nobody has recorded: choose what it comes back with. */
export function MissingPane({ missing, title, onAnswer }: Props): ReactNode {
  const { inside } = missing;
  return (
    <section className="missing">
      <h3>{missing.events.length > 0 ? text.waitsAt(shown(title)) : text.asks(shown(title))}</h3>
      {inside && (
        <p className="small">
          {text.insideOf(shown(inside.flow), shown(inside.node))} <span className="mono">{inside.path.map(shown).join(" → ")}</span>
        </p>
      )}
      {missing.events.length > 0 && <Waits missing={missing} />}
      {missing.request && <RequestView request={missing.request} integration={missing.integration} authorization={missing.authorization} />}
      {missing.attempt > 1 && <p className="small">{text.attempt(missing.attempt)}</p>}
      <Offers outcomes={missing.outcomes} onAnswer={onAnswer} />
      <OwnAnswer key={`${missing.node} ${missing.visit} ${missing.attempt}`} outcomes={missing.outcomes} onAnswer={onAnswer} />
      {inside && (
        <details className="changes">
          <summary>{text.whole(shown(inside.flow))}</summary>
          <Offers outcomes={inside.outcomes} onAnswer={(answer) => onAnswer(answer, inside.node)} />
        </details>
      )}
      {missing.sentences.length > 0 && (
        <details className="changes">
          <summary>{text.why}</summary>
          <ul>
            {missing.sentences.map((sentence) => (
              <li key={sentence}>{shown(sentence)}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
