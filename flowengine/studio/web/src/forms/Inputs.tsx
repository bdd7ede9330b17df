import { useState, type ReactNode } from "react";
import { own, textOf } from "../api/json";
import type { Doc, FormField, Json, NodeForm, Path } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { BranchRows } from "./BranchRows";
import { EventRows } from "./EventRows";
import { Field } from "./Field";
import { findingsAt, useFilling } from "./filling";
import { MapRows } from "./MapRows";
import { goneOutcome, renamedOutcome } from "./rows";
import { SetRows } from "./SetRows";
import { resolved, written } from "./values";
import type { ValueProps } from "./ValueInput";

const text = strings.form;

const FEW = 2;

/** Return how an input is asked for that is more than its schema can say; undefined for all others. */
function inputOf(name: string, form: NodeForm, doc: Doc): ((props: ValueProps) => ReactNode) | undefined {
  const [type = ""] = (form.type ?? "").split("@");
  switch (`${type}.${name}`) {
    case "branch.rows":
      return ({ value }) => <BranchRows value={value} form={form} />;
    case "receive.events":
      return ({ value }) => <EventRows value={value} form={form} channel={textOf(doc.outline?.trigger?.channel) || null} />;
    case "set-variables.values":
      return (props) => <SetRows {...props} references={form.references} variables={[...(doc.outline?.variables ?? []), ...(doc.outline?.inputs ?? [])]} />;
    case "evaluate.branches":
      return (props) => <MapRows {...props} addLabel={text.addOutcome} onRename={(from, to) => renamedOutcome(form, from, to)} onRemove={(gone) => goneOutcome(form, gone)} />;
    case "call-flow.flow":
      return form.flows.length > 0 ? (props) => <FlowChoice {...props} form={form} /> : undefined;
    default:
      return undefined;
  }
}

/** The flow that is called: those that can be found from here. */
function FlowChoice({ id, label, value, form, describedBy, onSet }: ValueProps & { form: NodeForm }): ReactNode {
  const name = written(value);
  const known = form.flows.some((one) => one.flow === name);
  return (
    <select id={id} aria-label={label} aria-describedby={describedBy} value={name} onChange={(event) => onSet(event.target.value || undefined)}>
      <option value="">{text.chooseFlow}</option>
      {!known && name !== "" && <option value={name}>{text.notOffered(shown(name))}</option>}
      {form.flows.map((one) => (
        <option key={one.flow} value={one.flow}>
          {shown(one.title === null ? one.flow : `${one.title} (${one.flow})`)}
        </option>
      ))}
    </select>
  );
}

/** The inputs of a node: those that are needed or given, and the others when they are asked for. */
export function Inputs({ doc, form }: { doc: Doc; form: NodeForm }): ReactNode {
  const { findings, apply } = useFilling();
  const [all, setAll] = useState(false);
  const isNeeded = ({ name, required }: FormField) => required || own(form.values, name) !== undefined || findingsAt(findings, form.node, ["inputs", name]).length > 0;
  const rest = form.fields.filter((one) => !isNeeded(one));
  // A button for one or two takes as much room as they do.
  const others = rest.length > FEW ? rest : [];
  const rename = (name: string, from: Json | undefined, to: Json | undefined) => {
    const path: Path = ["inputs", name];
    const [before, after] = [written(from ?? "None of the above"), written(to ?? "None of the above")];
    const set = to === undefined ? { op: "set" as const, node: form.node, path, value: null, remove: true as const } : { op: "set" as const, node: form.node, path, value: to };
    apply([set, ...(before === after ? [] : renamedOutcome(form, before, after))], strings.done.set(name));
  };
  const field = ({ name, schema: found, required, fits }: FormField) => {
    const schema = resolved(found, form.schema);
    const value = own(form.values, name);
    const input = inputOf(name, form, doc);
    return (
      <Field
        key={name}
        path={["inputs", name]}
        name={name}
        title={textOf(schema.title) || undefined}
        schema={schema}
        value={value}
        required={required}
        fits={fits}
        help={textOf(schema.description) || undefined}
        {...(input ? { input } : {})}
        {...(form.type?.startsWith("branch@") && name === "default" ? { onSet: (to: Json | undefined) => rename(name, value, to) } : {})}
      />
    );
  };
  if (form.fields.length === 0) return null;
  return (
    <section className="form-part form-inputs">
      <h3>{text.inputs}</h3>
      {form.fields.filter((one) => all || !others.includes(one)).map(field)}
      {others.length > 0 && (
        <Button look="quiet" icon={all ? "down" : "right"} aria-expanded={all} onClick={() => setAll(!all)}>
          {text.optional(others.length)}
        </Button>
      )}
    </section>
  );
}
