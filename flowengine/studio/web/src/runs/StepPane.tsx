import { useState, type ReactNode } from "react";
import { isObject, textOf } from "../api/json";
import type { Json, JsonObject, NodeOutcome } from "../api/types";
import { Button } from "../parts/Button";
import { JsonView } from "../parts/JsonView";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { after, before, changes, type Attempt, type Step } from "./run";

const text = strings.run;

function Part({ title, open = false, children }: { title: string; open?: boolean; children: ReactNode }): ReactNode {
  return (
    <details className="step-part" open={open}>
      <summary>{title}</summary>
      <div className="step-body">{children}</div>
    </details>
  );
}

function RequestLine({ request }: { request: JsonObject }): ReactNode {
  const { method, url, target, path, ...rest } = request;
  const where = [url, target, path].find((one) => typeof one === "string");
  return (
    <>
      <p className="mono request-line">
        <strong>{shown(textOf(method))}</strong> <Name text={typeof where === "string" ? where : ""} />
      </p>
      <JsonView value={Object.fromEntries(Object.entries(rest).filter(([name, value]) => name !== "attempt" && !isEmpty(value)))} depth={2} />
    </>
  );
}

const isEmpty = (value: Json | undefined) => value == null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

/** Return a condition of a response rule as words: `status 409, $.value.status: active`. */
function whenText(when: Json | undefined): string {
  if (!isObject(when)) return strings.run.always;
  const parts = Object.entries(when).map(([what, wanted]) => (isObject(wanted) ? Object.entries(wanted).map(([path, one]) => `${path}: ${plain(one)}`).join(", ") : `${what} ${plain(wanted)}`));
  return parts.join("; ") || strings.run.always;
}

const plain = (value: Json): string => (Array.isArray(value) ? value.map(plain).join(" | ") : typeof value === "string" ? value : JSON.stringify(value));

function ruleText(rule: JsonObject): string {
  if (typeof rule.text === "string") return rule.text;
  return [typeof rule.number === "number" ? `${rule.number}. ` : "", whenText(rule.when)].join("");
}

/** Return what an attempt sent and got: kept runs have it in the attempt, dry-runs in the step. */
function exchange(step: Step, attempt: Attempt): { request: JsonObject | null; answer: Json | undefined; rule: JsonObject | null } {
  const last = attempt === step.attempts.at(-1);
  const request = attempt.request ?? step.requests?.find((one) => one.attempt === attempt.number) ?? (last ? step.request : null) ?? null;
  const answer = attempt.answer ?? step.answers?.find((one) => one.attempt === attempt.number)?.answer ?? (last ? step.answer : undefined);
  return { request, answer, rule: attempt.rule ?? (last ? (step.rule ?? null) : null) };
}

function AttemptPart({ step, attempt }: { step: Step; attempt: Attempt }): ReactNode {
  const { request, answer, rule } = exchange(step, attempt);
  if (!request && answer == null && !rule && attempt.reason === null) return null;
  return (
    <div className="attempt">
      {step.attempts.length > 1 && <h4>{text.attempt(attempt.number, shown(attempt.outcome))}</h4>}
      {request && <Part title={text.request} open><RequestLine request={request} /></Part>}
      {answer != null && <Part title={text.answer(attempt.status)} open><JsonView value={answer} /></Part>}
      {rule && <p className="rule"><span className="soft">{text.rule}</span> {shown(ruleText(rule))}</p>}
      {attempt.reason !== null && <p className="rule"><span className="soft">{text.reason}</span> {shown(attempt.reason)}</p>}
    </div>
  );
}

function Variables({ step }: { step: Step }): ReactNode {
  const [all, setAll] = useState(false);
  const list = changes(before(step), after(step));
  const changed = list.filter((one) => one.state !== "same");
  const rows = all ? list : changed;
  return (
    <div>
      {rows.length > 0 ? (
        <dl className="variables">
          {rows.map((one) => (
            <div key={one.name} className={`variable ${one.state}`}>
              <dt className="mono"><Name text={one.name} />{one.state !== "same" && <span className="sr">{text.state[one.state]}</span>}</dt>
              <dd>
                {one.state !== "same" && one.before !== undefined && <del><JsonView value={one.before} depth={0} /></del>}
                {one.after !== undefined && <ins><JsonView value={one.after} depth={1} /></ins>}
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <p className="soft small">{text.nothingChanged}</p>
      )}
      {list.length > changed.length && <Button look="quiet" aria-expanded={all} onClick={() => setAll(!all)}>{all ? text.onlyChanged : text.allVariables(list.length)}</Button>}
    </div>
  );
}

interface Props {
  step: Step;
  number: number;
  count: number;
  title: string;
  outcomes?: readonly NodeOutcome[];
  onChoose?: (outcome: string | null) => void;
  onFromHere?: () => void;
}

function Others({ step, outcomes, onChoose }: { step: Step; outcomes: readonly NodeOutcome[]; onChoose: (outcome: string | null) => void }): ReactNode {
  return (
    <details className="step-part choose">
      <summary>{text.chooseOther}</summary>
      <ul className="outcomes">
        {outcomes.map((one) => (
          <li key={one.name}>
            <button type="button" className={`choice ${one.kind}`} aria-pressed={one.name === step.outcome} onClick={() => onChoose(one.name)}>
              <span className="edge-sign" aria-hidden="true">{one.kind === "error" ? "✕" : "●"}</span>
              <Name text={one.name} />
              <span className="soft small">→ {one.to === null ? text.nowhere : shown(one.to)}</span>
            </button>
          </li>
        ))}
      </ul>
      {step.chosen && <Button look="quiet" icon="undo" onClick={() => onChoose(null)}>{text.forgetChoice}</Button>}
    </details>
  );
}

/** One visit of a node: what it was given, asked and got, which rule and outcome that led to, and what it changed. */
export function StepPane({ step, number, count, title, outcomes, onChoose, onFromHere }: Props): ReactNode {
  const hasInputs = isObject(step.inputs ?? undefined) && Object.keys(step.inputs ?? {}).length > 0;
  return (
    <div className="step-pane">
      <div className="pane-head">
        <h2><Name text={title} /></h2>
        <span className="soft small">{text.stepOf(number, count)}</span>
      </div>
      <p className="step-outcome">
        <span className="mono soft"><Name text={step.type} /></span>
        <span className={`outcome-pill${step.edge ? "" : " error"}`}>
          <Name text={step.outcome} />
        </span>
        {step.edge && <span>→ <Name text={step.edge.to} mono />{step.edge.fallThrough && <span className="soft small"> {strings.outcomes.fallThrough}</span>}</span>}
        {step.chosen && <span className="pill">{text.chosen}</span>}
        {step.visit > 1 && <span className="soft small">{text.visit(step.visit)}</span>}
        {step.durationMs > 0 && <span className="soft small">{text.took(step.durationMs)}</span>}
      </p>
      {step.reason !== null && step.attempts.at(-1)?.reason !== step.reason && <p className="rule">{shown(step.reason)}</p>}
      {onChoose && outcomes && outcomes.length > 0 && <Others step={step} outcomes={outcomes} onChoose={onChoose} />}
      {onFromHere && <Button look="quiet" icon="play" onClick={onFromHere}>{text.fromHere}</Button>}
      <Part title={text.variables} open><Variables step={step} /></Part>
      {step.attempts.map((attempt) => <AttemptPart key={attempt.number} step={step} attempt={attempt} />)}
      {hasInputs && step.inputs && <Part title={text.inputs}><JsonView value={step.inputs} /></Part>}
      {Object.keys(step.outputs).length > 0 && <Part title={text.outputs}><JsonView value={step.outputs} /></Part>}
    </div>
  );
}
