import { useId, type ReactNode } from "react";
import { isObject, own, textOf } from "../api/json";
import type { Json, JsonObject, NodeForm, Path, Schema } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { Field } from "./Field";
import { useFilling } from "./filling";
import { AddRow, KeyInput } from "./MapRows";
import { goneOutcome, renamedOutcome } from "./rows";
import { resolved } from "./values";
import { YamlValue } from "./YamlValue";

const text = strings.events;
const EVENTS: Path = ["inputs", "events"];

type Sort = "message" | "custom";

/** What a new event begins as: a message of the customer on the channel that has started the flow, or a custom event. */
function begun(sort: Sort, form: NodeForm, channel: string | null): JsonObject {
  if (sort === "custom") return { event: "", key: "$(run.id)" };
  const known = form.channels.find((one) => one.channel === channel && one.business !== null);
  return { channel: known?.channel ?? "sms", business: known?.business ?? "", customer: known?.customer ?? "" };
}

/** Return the fields of a sort of event, as the schema has them. */
function fieldsOf(form: NodeForm, sort: Sort): { name: string; schema: Schema; required: boolean }[] {
  const found = resolved({ $ref: `#/$defs/${sort}` }, form.schema);
  const properties = isObject(found.properties) ? found.properties : {};
  const required = Array.isArray(found.required) ? found.required : [];
  return Object.entries(properties).map(([name, schema]) => ({ name, schema: isObject(schema) ? schema : {}, required: required.includes(name) }));
}

function EventRow({ label, event, form, channel }: { label: string; event: Json; form: NodeForm; channel: string | null }): ReactNode {
  const { set, apply } = useFilling();
  const id = useId();
  const path: Path = [...EVENTS, label];
  const name = shown(label);
  const written = isObject(event) ? event : {};
  const sort: Sort = Object.hasOwn(written, "channel") ? "message" : "custom";
  const rename = (to: string) => apply([{ op: "rename-key", node: form.node, path, to }, ...renamedOutcome(form, label, to)], strings.done.renamed(to));
  const remove = () => apply([{ op: "set", node: form.node, path, value: null, remove: true }, ...goneOutcome(form, label)], strings.done.removed(name));
  const events = form.channels.find((one) => one.channel === written.channel)?.events ?? [];
  const names = [...new Set([...fieldsOf(form, sort).map((one) => one.name), ...Object.keys(written)])];
  const fields = fieldsOf(form, sort);
  return (
    <li className="branch-row">
      <div className="branch-row-head">
        <KeyInput label={text.label} value={label} onSet={rename} />
        <select aria-label={text.sortOf(name)} value={sort} onChange={(chosen) => set(path, begun(chosen.target.value as Sort, form, channel))}>
          <option value="message">{text.message}</option>
          <option value="custom">{text.custom}</option>
        </select>
        <Button look="quiet" icon="trash" label={text.remove(name)} onClick={remove} />
      </div>
      {isObject(event) ? (
        names.map((one) => {
          const found = fields.find((field) => field.name === one);
          const known: Schema = one === "event" && sort === "message" && events.length > 0 ? { ...found?.schema, enum: events } : (found?.schema ?? {});
          return <Field key={one} path={[...path, one]} name={one} title={textOf(known.title) || undefined} schema={known} value={own(written, one)} required={found?.required ?? false} fits={found !== undefined} help={textOf(known.description) || undefined} />;
        })
      ) : (
        <YamlValue id={`${id}-event`} label={name} path={path} schema={{}} value={event} onSet={() => undefined} />
      )}
    </li>
  );
}

/** The events that a node waits for, each under the label that is its outcome. */
export function EventRows({ value, form, channel }: { value: Json | undefined; form: NodeForm; channel: string | null }): ReactNode {
  const { set } = useFilling();
  const events = isObject(value) ? value : {};
  const add = (label: string) => {
    const first = begun("message", form, channel);
    if (isObject(value)) set([...EVENTS, label], first);
    else set(EVENTS, { [label]: first });
  };
  return (
    <div className="branch-rows">
      <ol>
        {Object.entries(events).map(([label, event]) => (
          <EventRow key={label} label={label} event={event} form={form} channel={channel} />
        ))}
      </ol>
      <AddRow label={text.add} taken={Object.keys(events)} names={[]} onAdd={add} />
    </div>
  );
}
