import type { ReactNode } from "react";
import type { Missing } from "../api/dryRun";
import type { Json } from "../api/types";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";

const text = strings.dryRun;

/** The walk has come to a node whose answer nobody has recorded: choose what it comes back with. */
export function MissingPane({ missing, title, onAnswer }: { missing: Missing; title: string; onAnswer: (answer: Json) => void }): ReactNode {
  return (
    <section className="missing">
      <h3>{text.asks(shown(title))}</h3>
      <p className="mono small">
        {missing.method} <Name text={missing.path} />
      </p>
      <ul className="outcomes">
        {missing.outcomes.map((one) => (
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
