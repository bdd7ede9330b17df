import { useMemo, type ReactNode } from "react";
import type { NamedAuthorization } from "../api/studio";
import { isObject, own, textOf } from "../api/json";
import type { Doc, Finding, Fix, FlowForm, Json, JsonObject } from "../api/types";
import { FindingRow } from "../editor/Problems";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { useFlowAhead, type Apply } from "./ahead";
import { AuthorizationField } from "./AuthorizationField";
import { Declarations } from "./Declarations";
import { Field } from "./Field";
import { FillingContext, placeOf, setting, type Filling } from "./filling";
import { RetryFields } from "./RetryFields";
import { TriggerPart } from "./TriggerPart";

const text = strings.flowForm;
const LINE = { type: "string", pattern: "" };
const LINES = { type: "string" };
const NONE: readonly never[] = [];
const STANDARD = ["onTimeout", "onError", "onInvalidChoice", "Failure"];
const SHOWN_AT_FIELDS = ["title", "description", "trigger", "variables", "inputs", "outputs"];

export interface FlowActions {
  apply: Apply;
  allErrors: () => void;
  show: (node: string) => void;
  connectDefault: (outcome: string) => void;
  disconnectDefault: (outcome: string) => void;
  fix: (fix: Fix) => void;
}

interface Props {
  doc: Doc;
  form: FlowForm | null;
  actions: FlowActions;
  findings: readonly Finding[];
  /** The authorizations that there are. */
  authorizations: readonly NamedAuthorization[];
}

function DefaultEdges({ written, actions }: { written: Json | undefined; actions: FlowActions }): ReactNode {
  const edges = Object.entries(isObject(written) ? written : {});
  return (
    <>
      <ul className="outcomes">
        {edges.map(([label, to]) => (
          <li key={label} className="outcome error">
            <span className="edge-sign" aria-hidden="true">
              ✕
            </span>
            <span className="outcome-name">
              <Name text={label} />
            </span>
            <button type="button" className="outcome-target" onClick={() => actions.show(textOf(to))}>
              → <Name text={textOf(to)} mono />
            </button>
            <Button look="quiet" icon="link" label={strings.outcomes.connect(shown(label))} onClick={() => actions.connectDefault(label)} />
            <Button look="quiet" icon="cross" label={strings.outcomes.disconnect(shown(label))} onClick={() => actions.disconnectDefault(label)} />
          </li>
        ))}
      </ul>
      <Button icon="shield" onClick={actions.allErrors}>
        {text.allErrors}
      </Button>
    </>
  );
}

function Defaults({ defaults, actions, authorizations }: Pick<Props, "actions" | "authorizations"> & { defaults: JsonObject }): ReactNode {
  return (
    <section className="form-part">
      <h3>{text.defaults}</h3>
      <p className="soft small">{text.defaultsHelp}</p>
      <DefaultEdges written={own(defaults, "edges")} actions={actions} />
      <AuthorizationField path={["defaults", "authorization"]} value={own(defaults, "authorization")} names={authorizations} help={text.authorizationHelp} />
      <Field path={["defaults", "timeout"]} name="timeout" title={text.timeout} schema={LINE} value={own(defaults, "timeout")} references={NONE} help={strings.form.timeoutHelp} />
      <RetryFields value={own(defaults, "retry")} at={["defaults", "retry"]} outcomes={STANDARD} />
    </section>
  );
}

/** Return the findings that no field shows. */
function elsewhere(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => {
    const [part, name] = placeOf(finding, null) ?? [];
    return part === "defaults" ? name === "edges" || name === undefined : typeof part !== "string" || !SHOWN_AT_FIELDS.includes(part);
  });
}

/** Everything about the flow itself: shown while no node is selected. */
export function FlowPane({ doc, form: known, actions, findings, authorizations }: Props): ReactNode {
  const { fix } = actions;
  const [form, apply] = useFlowAhead(known, actions.apply);
  const filling = useMemo(
    (): Filling => ({
      node: null,
      root: {},
      references: NONE,
      findings,
      set: (path, value) => void apply([setting(null, path, value)], strings.done.set(path.join("."))),
      apply: (operations, said) => void apply(operations, said),
      fix,
    }),
    [findings, apply, fix],
  );
  const others = elsewhere(findings);
  const values = form?.values ?? {};
  const outputs = own(values, "outputs");
  return (
    <FillingContext value={filling}>
      <div className="node-pane">
        <div className="pane-head">
          <h2>{text.title}</h2>
          <span className="soft mono small">
            <Name text={doc.path ?? ""} />
          </span>
        </div>
        {others.length > 0 && (
          <ul className="pane-findings" aria-label={strings.problems.title}>
            {others.map((finding, number) => (
              <FindingRow key={`${finding.code}-${number}`} finding={finding} onFix={actions.fix} />
            ))}
          </ul>
        )}
        <section className="form-part">
          <Field path={["title"]} name="title" title={strings.form.title} schema={LINE} value={doc.title ?? undefined} references={NONE} />
          {form && <Field path={["description"]} name="description" title={strings.form.description} schema={LINES} value={own(values, "description")} references={NONE} />}
        </section>
        {form && (
          <>
            <TriggerPart form={form} />
            <Declarations part="variables" form={form} />
            <Declarations part="inputs" form={form} />
            <section className="form-part">
              <Field path={["outputs"]} name="outputs" title={text.outputs} schema={{ type: "object", additionalProperties: { type: "string", pattern: "" } }} value={outputs} references={form.references.outputs} help={text.outputsHelp} />
            </section>
          </>
        )}
        <Defaults defaults={form?.defaults ?? doc.outline?.defaults ?? {}} actions={actions} authorizations={authorizations} />
      </div>
    </FillingContext>
  );
}
