import { useState, type ReactNode } from "react";
import { isObject, own } from "../api/json";
import type { Json, JsonObject, NodeOutcome } from "../api/types";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { JsonView } from "../parts/JsonView";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { RequestView } from "./Request";
import { after, before, changes, type Attempt, type CalledRun, type Step } from "./run";

const text = strings.run;

function Part({ title, open = false, children }: { title: string; open?: boolean; children: ReactNode }): ReactNode {
  return (
    <details className="step-part" open={open}>
      <summary>{title}</summary>
      <div className="step-body">{children}</div>
    </details>
  );
}

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

/** Leave out headers of an answer that has none. */
const withoutEmpty = (answer: Json): Json => (isObject(answer) ? Object.fromEntries(Object.entries(answer).filter(([name, value]) => name !== "headers" || !isObject(value) || Object.keys(value).length > 0)) : answer);

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
      {step.attempts.length > 1 && <h3>{text.attempt(attempt.number, shown(attempt.outcome))}</h3>}
      {request && <Part title={text.request} open><RequestView request={request} integration={step.integration} authorization={step.authorization} /></Part>}
      {answer != null && <Part title={text.answer(attempt.status)} open><JsonView value={withoutEmpty(answer)} /></Part>}
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
  onFromHere?: (() => void) | undefined;
  onBeginHere?: () => void;
}

/** What would have to be true for an outcome that is computed. */
function needed(step: Step, outcome: string): string | null {
  if (outcome === step.outcome) return null;
  const takes = own(step.takes, outcome);
  return takes === undefined ? null : takes === "" ? text.cannotBe : text.takes(shown(takes));
}

function Others({ step, outcomes, onChoose }: { step: Step; outcomes: readonly NodeOutcome[]; onChoose: (outcome: string | null) => void }): ReactNode {
  return (
    <details className="step-part choose">
      <summary>{text.chooseOther}</summary>
      {step.choosing === "nothing" ? (
        <p className="soft small">{text.onlyWaits}</p>
      ) : (
        <>
          <p className="soft small choose-help">{step.choosing === "override" ? text.overrides : text.answers}</p>
          <ul className="outcomes">
            {outcomes.map((one) => {
              const takes = needed(step, one.name);
              return (
                <li key={one.name}>
                  <button type="button" className={`choice ${one.kind}`} aria-pressed={one.name === step.outcome} onClick={() => onChoose(one.name)}>
                    <span className="edge-sign" aria-hidden="true">{one.kind === "error" ? "✕" : "●"}</span>
                    <Name text={one.name} />
                    <span className="soft small">→ {one.to === null ? text.nowhere : shown(one.to)}</span>
                    {takes !== null && <span className="choice-takes soft small">{takes}</span>}
                  </button>
                </li>
              );
            })}
          </ul>
        </>
      )}
      {step.chosen && <Button look="quiet" icon="undo" onClick={() => onChoose(null)}>{text.forgetChoice}</Button>}
    </details>
  );
}

/** The steps of a flow that was called, each to be opened: what it sent, got and changed. */
function Called({ run }: { run: CalledRun }): ReactNode {
  return (
    <Part title={text.called(shown(run.flow))} open>
      <ol className="called-steps">
        {run.steps.map((step, number) => (
          <li key={number}>
            <details>
              <summary>
                <Name text={step.node} mono /> <span className={`outcome-pill${step.edge ? "" : " error"}`}><Name text={step.outcome} /></span>
                {step.edge && <span className="soft small"> → <Name text={step.edge.to} mono /></span>}
              </summary>
              <Details step={step} />
            </details>
          </li>
        ))}
      </ol>
      <p className="small"><a href={link(["flows", run.flow])}>{strings.form.openFlow(shown(run.flow))}</a></p>
    </Part>
  );
}

function Details({ step }: { step: Step }): ReactNode {
  const hasInputs = isObject(step.inputs ?? undefined) && Object.keys(step.inputs ?? {}).length > 0;
  return (
    <>
      <Part title={text.variables} open><Variables step={step} /></Part>
      {step.called?.map((run, number) => <Called key={number} run={run} />)}
      {step.attempts.map((attempt) => <AttemptPart key={attempt.number} step={step} attempt={attempt} />)}
      {hasInputs && step.inputs && <Part title={text.inputs}><JsonView value={step.inputs} /></Part>}
      {Object.keys(step.outputs).length > 0 && <Part title={text.outputs}><JsonView value={step.outputs} /></Part>}
    </>
  );
}

/** One visit of a node: what it was given, asked and got, which rule and outcome that led to, and what it changed. */
export function StepPane({ step, number, count, title, outcomes, onChoose, onFromHere, onBeginHere }: Props): ReactNode {
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
      {onBeginHere && <Button look="quiet" icon="next" onClick={onBeginHere}>{text.beginHere}</Button>}
      {onFromHere && <Button look="quiet" icon="play" onClick={onFromHere}>{text.fromHere}</Button>}
      <Details step={step} />
    </div>
  );
}
