import { useMemo, type ReactNode } from "react";
import type { NamedAuthorization } from "../api/studio";
import { isObject, own, textOf } from "../api/json";
import type { Doc, Finding, Fix, GraphNode, NodeForm } from "../api/types";
import { FindingRow } from "../editor/Problems";
import { Button } from "../parts/Button";
import { Icon, iconOf } from "../parts/icons";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { useNodeAhead, type Apply } from "./ahead";
import { AuthorizationField } from "./AuthorizationField";
import { Field } from "./Field";
import { FillingContext, findingsAt, placeOf, setting, useFilling, type Filling } from "./filling";
import { Inputs } from "./Inputs";
import { OutcomeList } from "./OutcomeList";
import { RetryFields } from "./RetryFields";
import { SetRows } from "./SetRows";
import { VersionPart } from "./VersionPart";

const text = strings.form;
const LINE = { type: "string", pattern: "" };
const LINES = { type: "string" };
const NONE: readonly never[] = [];

export interface NodeActions {
  apply: Apply;
  rename: (to: string) => void;
  remove: () => void;
  setStart: () => void;
  connect: (outcome: string | null) => void;
  disconnect: (outcome: string) => void;
  show: (node: string) => void;
  fix: (fix: Fix) => void;
  openFlow: (id: string) => void;
  peek: (id: string) => void;
}

interface Props {
  doc: Doc;
  node: GraphNode;
  form: NodeForm | null;
  findings: readonly Finding[];
  /** The authorizations that there are. */
  authorizations: readonly NamedAuthorization[];
  actions: NodeActions;
}

const SHOWN_AT_FIELDS = ["set", "authorization", "timeout", "retry", "description", "title"];

/** Return the findings that no field shows; which those are is not known before the form is. */
function elsewhere(findings: readonly Finding[], form: NodeForm | null, node: string): Finding[] {
  if (form === null) return [];
  const names = form.fields.map((one) => one.name);
  return findings.filter((finding) => {
    const place = placeOf(finding, node) ?? [];
    const [part, name] = place;
    return part === "inputs" ? typeof name !== "string" || !names.includes(name) : typeof part !== "string" || !SHOWN_AT_FIELDS.includes(part);
  });
}

function Settings({ doc, form, authorizations, findings }: { doc: Doc; form: NodeForm; authorizations: readonly NamedAuthorization[]; findings: readonly Finding[] }): ReactNode {
  const values = form.node_values;
  const defaults = doc.outline?.defaults ?? {};
  const wrong = ["description", "authorization", "timeout", "retry"].some((name) => findingsAt(findings, form.node, [name]).length > 0);
  const inherited = form.integration === null ? undefined : textOf(own(defaults, "authorization")) || undefined;
  return (
    <details className="form-part" open={wrong || undefined}>
      <summary>{text.settings}</summary>
      <Field path={["description"]} name="description" title={text.description} schema={LINES} value={own(values, "description")} references={NONE} />
      <AuthorizationField path={["authorization"]} value={own(values, "authorization")} names={authorizations} help={text.authorizationHelp} inherited={inherited} />
      <Field path={["timeout"]} name="timeout" title={text.timeout} schema={{ ...LINE, ...(own(defaults, "timeout") === undefined ? {} : { default: own(defaults, "timeout") ?? null }) }} value={own(values, "timeout")} references={NONE} help={text.timeoutHelp} />
      <RetryFields value={own(values, "retry")} at={["retry"]} outcomes={form.outcomes.filter((one) => one.kind === "error").map((one) => one.name)} />
    </details>
  );
}

function Variables({ doc, form, findings }: { doc: Doc; form: NodeForm; findings: readonly Finding[] }): ReactNode {
  const variables = [...(doc.outline?.variables ?? []), ...(doc.outline?.inputs ?? [])];
  const references = useMemo(() => [...form.ownReferences, ...form.references], [form]);
  const value = own(form.node_values, "set");
  const wrong = findingsAt(findings, form.node, ["set"]);
  if (value !== undefined && !isObject(value)) return <Field path={["set"]} name="set" title={text.set} schema={{}} value={value} />;
  return (
    <section className="form-part">
      <Field path={["set"]} name="set" title={text.set} schema={{ type: "object" }} value={value} references={references} help={wrong.length > 0 ? undefined : text.setHelp} input={(props) => <SetRows {...props} variables={variables} references={references} />} />
    </section>
  );
}

function Head({ doc, node, form, actions }: Omit<Props, "findings" | "authorizations">): ReactNode {
  const ends = node.kind === "end";
  const icon = ends ? (node.end === "error" ? "cross" : "check") : iconOf(node.type, node.kind);
  return (
    <div className="pane-head">
      <span className={`tile ${node.end ? `end-${node.end}` : ""}`}>
        <Icon name={icon} />
      </span>
      <h2>
        <Name text={form?.title ?? node.type ?? text.end(node.end ?? "success")} />
      </h2>
      {doc.graph?.start === node.id ? <span className="pill">{text.start}</span> : !ends && <Button icon="bolt" look="quiet" label={text.makeStart} onClick={actions.setStart} />}
      <Button icon="trash" look="quiet" label={text.remove} keys="Delete" onClick={actions.remove} />
    </div>
  );
}

/** What every node has: what it is called, and what an end is. */
function Names({ node, form, actions }: Pick<Props, "node" | "form" | "actions">): ReactNode {
  const { set } = useFilling();
  const { flow } = node;
  const ends = node.kind === "end";
  return (
    <section className="form-part">
      <Field path={["id"]} name="id" title={text.id} schema={LINE} value={node.id} kept references={NONE} help={text.idHelp} onSet={(value) => typeof value === "string" && actions.rename(value)} />
      <Field path={["title"]} name="title" title={text.title} schema={LINE} value={node.title ?? undefined} references={NONE} />
      {ends && <Field path={["end"]} name="end" title={text.endKind} schema={{ enum: ["success", "error"] }} value={node.end ?? undefined} kept help={text.endHelp} onSet={(value) => value !== undefined && set(["end"], value)} />}
      {ends && form && <Field path={["description"]} name="description" title={text.description} schema={LINES} value={own(form.node_values, "description")} references={NONE} />}
      {flow != null && (
        <div className="flow-called">
          <Button icon="eye" onClick={() => actions.peek(flow)}>
            {text.peek(shown(flow))}
          </Button>
          <Button icon="external" onClick={() => actions.openFlow(flow)}>
            {text.openFlow(shown(flow))}
          </Button>
        </div>
      )}
      {!ends && form && <VersionPart form={form} />}
      {form?.description && <p className="pane-about">{shown(form.description)}</p>}
    </section>
  );
}

/** Everything about the selected node. */
export function NodePane({ doc, node, form: known, findings, authorizations, actions }: Props): ReactNode {
  const { fix } = actions;
  const [form, apply] = useNodeAhead(known, actions.apply);
  const filling = useMemo(
    (): Filling => ({
      node: node.id,
      root: form?.schema ?? {},
      references: form?.references ?? [],
      findings,
      set: (path, value) => void apply([setting(node.id, path, value)], strings.done.set(path.join("."))),
      apply: (operations, said) => void apply(operations, said),
      fix,
    }),
    [node.id, form, findings, apply, fix],
  );
  const others = elsewhere(findings, form, node.id);
  return (
    <FillingContext value={filling}>
      <div className="node-pane">
        <Head doc={doc} node={node} form={form} actions={actions} />
        {others.length > 0 && (
          <ul className="pane-findings" aria-label={strings.problems.title}>
            {others.map((finding, number) => (
              <FindingRow key={`${finding.code}-${number}`} finding={finding} onFix={actions.fix} />
            ))}
          </ul>
        )}
        <Names node={node} form={form} actions={actions} />
        {form !== null && node.kind !== "end" && (
          <>
            <Inputs doc={doc} form={form} />
            <OutcomeList outcomes={form.outcomes} actions={actions} />
            {!form.type?.startsWith("set-variables@") && <Variables form={form} doc={doc} findings={findings} />}
            <Settings doc={doc} form={form} authorizations={authorizations} findings={findings} />
          </>
        )}
      </div>
    </FillingContext>
  );
}
