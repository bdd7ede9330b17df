import type { ReactNode } from "react";
import type { NodeOutcome } from "../api/types";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import type { NodeActions } from "./NodePane";

const text = strings.outcomes;
const SIGNS = { success: "●", error: "✕" };

interface Props {
  outcomes: readonly NodeOutcome[];
  actions: Pick<NodeActions, "connect" | "disconnect" | "show">;
}

function Row({ outcome, actions }: { outcome: NodeOutcome } & Pick<Props, "actions">): ReactNode {
  const { name, to } = outcome;
  return (
    <li className={`outcome ${outcome.kind}${to === null ? " is-open" : ""}`}>
      <span className="edge-sign" aria-hidden="true">
        {SIGNS[outcome.kind]}
      </span>
      <span className="outcome-name" title={outcome.description ?? undefined}>
        <Name text={name} />
        <span className="sr">{text.kind[outcome.kind]}</span>
      </span>
      {to === null ? (
        <span className="soft small">{text.open}</span>
      ) : (
        <button type="button" className="outcome-target" onClick={() => actions.show(to)}>
          <span className="sr">{text.leads(shown(name))} </span>→ <Name text={to} mono />
          {outcome.default && <span className="soft small"> {text.byDefault}</span>}
          {outcome.fallThrough && <span className="soft small"> {text.fallThrough}</span>}
        </button>
      )}
      <Button look="quiet" icon="link" label={text.connect(shown(name))} onClick={() => actions.connect(name)} />
      {to !== null && !outcome.default && <Button look="quiet" icon="cross" label={text.disconnect(shown(name))} onClick={() => actions.disconnect(name)} />}
    </li>
  );
}

/** The outcomes of a node and where each leads, to connect them by keyboard. */
export function OutcomeList({ outcomes, actions }: Props): ReactNode {
  if (outcomes.length === 0) return null;
  return (
    <section className="form-part">
      <div className="part-head">
        <h3>{text.title}</h3>
        <Button look="quiet" icon="link" onClick={() => actions.connect(null)} title={`${text.connectOne} (c)`}>
          {text.connectOne}
        </Button>
      </div>
      <ul className="outcomes">
        {outcomes.map((outcome) => (
          <Row key={outcome.name} outcome={outcome} actions={actions} />
        ))}
      </ul>
    </section>
  );
}
