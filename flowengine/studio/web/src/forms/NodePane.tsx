import { useId, useState, type ReactNode } from "react";
import { isObject, own, textOf } from "../api/json";
import type { Doc, Finding, Fix, GraphNode, Json, NodeForm, Operation, Path } from "../api/types";
import { Button } from "../parts/Button";
import { Icon, iconOf } from "../parts/icons";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { FindingRow } from "../editor/Problems";
import { BranchRows, rowsOf } from "./BranchRows";
import { Field } from "./Field";
import { NameField } from "./NameField";
import { OutcomeList } from "./OutcomeList";
import { RetryFields } from "./RetryFields";
import { resolved } from "./values";
import { VersionPart } from "./VersionPart";

const text = strings.form;
const TEXT = { type: "string" };

export interface NodeActions {
  set: (path: Path, value: Json | undefined) => void;
  apply: (operations: Operation[], said: string) => void;
  rename: (to: string) => void;
  changeType: (type: string) => void;
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
  authorizations: readonly string[];
  actions: NodeActions;
}

/** Return the finding that is about an input: its message names it. */
function badOf(findings: readonly Finding[], name: string): string | undefined {
  return findings.find((one) => new RegExp(`(^|[^\\w$.(])['"\`]?${name.replace(/[^\w]/g, "\\$&")}['"\`]?([^\\w]|$)`).test(one.message))?.message;
}

function Inputs({ form, findings, actions }: { form: NodeForm; findings: readonly Finding[]; actions: NodeActions }): ReactNode {
  const properties = isObject(form.schema.properties) ? form.schema.properties : {};
  const names = [...new Set([...form.properties, ...Object.keys(form.values)])];
  const needed = names.filter((name) => form.required.includes(name) || own(form.values, name) !== undefined);
  const others = names.filter((name) => !needed.includes(name));
  const [all, setAll] = useState(false);
  const rows = form.type?.startsWith("branch@") ? rowsOf(own(form.values, "rows")) : null;
  const field = (name: string) => {
    if (name === "rows" && rows) return <BranchRows key={name} rows={rows} form={form} actions={actions} />;
    const found = own(properties, name);
    const schema = resolved(isObject(found) ? found : {}, form.schema);
    return (
      <Field
        key={name}
        name={name}
        title={textOf(schema.title) || undefined}
        schema={schema}
        value={own(form.values, name)}
        required={form.required.includes(name)}
        references={form.references}
        help={textOf(schema.description) || undefined}
        bad={badOf(findings, name)}
        onSet={(value) => actions.set(["inputs", name], value)}
      />
    );
  };
  if (names.length === 0) return null;
  return (
    <section className="form-part form-inputs">
      <h3>{text.inputs}</h3>
      {needed.map(field)}
      {others.length > 0 && (
        <Button look="quiet" icon={all ? "down" : "right"} aria-expanded={all} onClick={() => setAll(!all)}>
          {text.optional(others.length)}
        </Button>
      )}
      {all && others.map(field)}
    </section>
  );
}

function Variables({ form, doc, actions }: { form: NodeForm; doc: Doc; actions: NodeActions }): ReactNode {
  const written = form.node_values.set;
  const set = isObject(written) ? written : {};
  const known = (doc.outline?.variables ?? []).map((one) => one.name).filter((name) => own(set, name) === undefined);
  const [name, setName] = useState("");
  const id = useId();
  return (
    <section className="form-part">
      <h3>{text.set}</h3>
      {Object.entries(set).map(([variable, value]) => (
        <Field key={variable} name={variable} schema={{}} value={value} references={form.references} onSet={(next) => actions.set(["set", variable], next)} />
      ))}
      <form
        className="add-row"
        onSubmit={(event) => {
          event.preventDefault();
          if (name) actions.set(["set", name], "");
          setName("");
        }}
      >
        <input list={id} className="mono" aria-label={text.setVariable} placeholder={text.setVariable} value={name} onChange={(event) => setName(event.target.value)} />
        <datalist id={id}>
          {known.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <Button type="submit" icon="plus" label={text.setVariable} disabled={!name} />
      </form>
    </section>
  );
}

function Settings({ form, authorizations, actions }: { form: NodeForm; authorizations: readonly string[]; actions: NodeActions }): ReactNode {
  const values = form.node_values;
  return (
    <details className="form-part">
      <summary>{text.settings}</summary>
      <Field name="description" title={text.description} schema={TEXT} value={own(values, "description")} onSet={(value) => actions.set(["description"], value)} />
      <NameField title={text.authorization} value={own(values, "authorization")} names={authorizations} help={text.authorizationHelp} onSet={(value) => actions.set(["authorization"], value)} />
      <Field name="timeout" title={text.timeout} schema={TEXT} value={own(values, "timeout")} help={text.timeoutHelp} onSet={(value) => actions.set(["timeout"], value)} />
      <RetryFields value={own(values, "retry")} at={["retry"]} outcomes={form.outcomes.filter((one) => one.kind === "error").map((one) => one.name)} onSet={actions.set} />
    </details>
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

/** Everything about the selected node. */
export function NodePane({ doc, node, form, findings, authorizations, actions }: Props): ReactNode {
  const works = form !== null && node.kind !== "end";
  const { flow } = node;
  return (
    <div className="node-pane">
      <Head doc={doc} node={node} form={form} actions={actions} />
      {form?.description && <p className="pane-about">{shown(form.description)}</p>}
      {findings.length > 0 && (
        <ul className="pane-findings" aria-label={strings.problems.title}>
          {findings.map((finding, number) => (
            <FindingRow key={`${finding.code}-${number}`} finding={finding} onFix={actions.fix} />
          ))}
        </ul>
      )}
      <section className="form-part">
        <Field name="id" title={text.id} schema={TEXT} value={node.id} help={text.idHelp} onSet={(value) => typeof value === "string" && actions.rename(value)} />
        <Field name="title" title={text.title} schema={TEXT} value={node.title ?? undefined} onSet={(value) => actions.set(["title"], value)} />
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
        {works && <VersionPart form={form} onChange={actions.changeType} />}
      </section>
      {works && (
        <>
          <Inputs key={form.node} form={form} findings={findings} actions={actions} />
          <OutcomeList outcomes={form.outcomes} actions={actions} />
          <Variables form={form} doc={doc} actions={actions} />
          <Settings form={form} authorizations={authorizations} actions={actions} />
        </>
      )}
    </div>
  );
}
