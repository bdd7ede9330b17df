import { useId, type ReactNode } from "react";
import { isObject, own, textOf } from "../api/json";
import type { FlowForm, Json, Operation } from "../api/types";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { ConditionList } from "./ConditionList";
import { Field } from "./Field";
import { findingsAt, useFilling } from "./filling";
import { FieldProblems } from "./Problems";
import { conditionsOf } from "./rows";
import { YamlValue } from "./YamlValue";

const text = strings.flowForm;
const NONE: readonly never[] = [];

/** What starts the flow: the channel, its event, and the conditions on it. */
export function TriggerPart({ form }: { form: FlowForm }): ReactNode {
  const { set, apply, findings } = useFilling();
  const id = useId();
  const value = own(form.values, "trigger");
  const trigger = isObject(value) ? value : null;
  const channel = textOf(trigger?.channel);
  const events = form.channels.find((one) => one.channel === channel)?.events ?? [];
  const choose = (chosen: string) => {
    const known = form.channels.find((one) => one.channel === chosen)?.events ?? [];
    const event = textOf(trigger?.event);
    const next = known.length === 0 || known.includes(event) ? event || "received" : (known[0] ?? event);
    if (chosen === "") set(["trigger"], undefined);
    else if (!trigger) set(["trigger"], { channel: chosen, event: next });
    else {
      const changes: Operation[] = [{ op: "set", node: null, path: ["trigger", "channel"], value: chosen }];
      apply(event === next ? changes : [...changes, { op: "set", node: null, path: ["trigger", "event"], value: next }], strings.done.set("trigger"));
    }
  };
  return (
    <section className="form-part">
      <h3>{text.trigger}</h3>
      <div className="field">
        <label className="field-label" htmlFor={id}>
          {text.channel}
        </label>
        <select id={id} value={channel} onChange={(event) => choose(event.target.value)}>
          <option value="">{text.noTrigger}</option>
          {channel !== "" && !form.channels.some((one) => one.channel === channel) && <option value={channel}>{shown(channel)}</option>}
          {form.channels.map((one) => (
            <option key={one.channel} value={one.channel}>
              {text.channels(one.channel)}
            </option>
          ))}
        </select>
        <FieldProblems id={`${id}-bad`} findings={findingsAt(findings, null, ["trigger", "channel"])} />
      </div>
      {trigger && (
        <>
          <Event events={events} value={trigger.event} />
          <Conditions form={form} when={trigger.when} first={form.channels.find((one) => one.channel === channel)?.message ?? form.references.trigger[0]?.text ?? ""} />
          <Field path={["trigger", "order"]} name="order" title={text.order} schema={{ enum: ["conversation", "none"], default: "conversation" }} value={trigger.order} references={NONE} help={text.orderHelp} />
        </>
      )}
    </section>
  );
}

/** The event: one of those that the channel is documented to have, or another one. */
function Event({ events, value }: { events: readonly string[]; value: Json | undefined }): ReactNode {
  const listed = events.length > 0 && (value === undefined || events.includes(textOf(value)));
  return <Field path={["trigger", "event"]} name="event" title={text.event} schema={listed ? { enum: [...events] } : { type: "string", pattern: "" }} value={value} required references={NONE} help={listed || events.length === 0 ? undefined : text.eventHelp(events.join(", "))} />;
}

function Conditions({ form, when, first }: { form: FlowForm; when: Json | undefined; first: string }): ReactNode {
  const { set, findings } = useFilling();
  const id = useId();
  const conditions = when === undefined || Array.isArray(when) ? conditionsOf(when) : null;
  return (
    <div className="field" role="group" aria-labelledby={`${id}-title`}>
      <span className="field-label" id={`${id}-title`}>
        {text.when}
      </span>
      <p className="field-help">{text.whenHelp}</p>
      {conditions ? (
        <ConditionList conditions={conditions} path={["trigger", "when"]} references={form.references.trigger} name={text.when} first={first} onSet={set} />
      ) : (
        <YamlValue id={id} label={text.when} path={["trigger", "when"]} schema={{}} value={when} references={form.references.trigger} onSet={() => undefined} />
      )}
      <FieldProblems id={`${id}-bad`} findings={findingsAt(findings, null, ["trigger", "when"])} />
    </div>
  );
}
