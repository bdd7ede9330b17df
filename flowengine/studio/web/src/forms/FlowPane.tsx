import { useId, useState, type ReactNode } from "react";
import { isObject, own, textOf } from "../api/json";
import type { Doc, Finding, Fix, Json, Path } from "../api/types";
import { FindingRow } from "../editor/Problems";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { Field } from "./Field";
import { NameField } from "./NameField";
import { RetryFields } from "./RetryFields";

const text = strings.flowForm;
const TEXT = { type: "string" };
const STANDARD = ["onTimeout", "onError", "onInvalidChoice", "Failure"];
const CHANNELS = ["sms", "messenger", "whatsapp", "email", "livechat", "apple", "api", "wxcc-task", "webhook"];

export interface FlowActions {
  set: (path: Path, value: Json | undefined) => void;
  allErrors: () => void;
  show: (node: string) => void;
  connectDefault: (outcome: string) => void;
  disconnectDefault: (outcome: string) => void;
  fix: (fix: Fix) => void;
}

interface Props {
  doc: Doc;
  actions: FlowActions;
  findings: readonly Finding[];
  /** The authorizations that there are. */
  authorizations: readonly string[];
}

function Variables({ doc, actions }: Pick<Props, "doc" | "actions">): ReactNode {
  const [name, setName] = useState("");
  const variables = doc.outline?.variables ?? [];
  return (
    <section className="form-part">
      <h3>{text.variables}</h3>
      {variables.map((one) => (
        <Field
          key={one.name}
          name={one.name}
          schema={{}}
          value={one.default}
          help={[one.type, one.description].filter(Boolean).join(": ") || undefined}
          onSet={(value) => actions.set(one.type === null || one.default === undefined || !one.description ? ["variables", one.name] : ["variables", one.name, "default"], value)}
        />
      ))}
      <form
        className="add-row"
        onSubmit={(event) => {
          event.preventDefault();
          if (name) actions.set(["variables", name], "");
          setName("");
        }}
      >
        <input className="mono" aria-label={text.addVariable} placeholder={text.addVariable} value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" icon="plus" label={text.addVariable} disabled={!name} />
      </form>
    </section>
  );
}

function Defaults({ doc, actions, authorizations }: Pick<Props, "doc" | "actions" | "authorizations">): ReactNode {
  const defaults = doc.outline?.defaults ?? {};
  const shared = new Map<string, string>();
  const written = own(defaults, "edges");
  for (const [label, to] of Object.entries(isObject(written) ? written : {})) shared.set(label, textOf(to));
  return (
    <section className="form-part">
      <h3>{text.defaults}</h3>
      <p className="soft small">{text.defaultsHelp}</p>
      <ul className="outcomes">
        {[...shared].map(([label, to]) => (
          <li key={label} className="outcome error">
            <span className="edge-sign" aria-hidden="true">✕</span>
            <span className="outcome-name"><Name text={label} /></span>
            <button type="button" className="outcome-target" onClick={() => actions.show(to)}>
              → <Name text={to} mono />
            </button>
            <Button look="quiet" icon="link" label={strings.outcomes.connect(shown(label))} onClick={() => actions.connectDefault(label)} />
            <Button look="quiet" icon="cross" label={strings.outcomes.disconnect(shown(label))} onClick={() => actions.disconnectDefault(label)} />
          </li>
        ))}
      </ul>
      <Button icon="shield" onClick={actions.allErrors}>
        {text.allErrors}
      </Button>
      <NameField title={text.authorization} value={own(defaults, "authorization")} names={authorizations} onSet={(value) => actions.set(["defaults", "authorization"], value)} />
      <Field name="timeout" title={text.timeout} schema={TEXT} value={own(defaults, "timeout")} help={strings.form.timeoutHelp} onSet={(value) => actions.set(["defaults", "timeout"], value)} />
      <RetryFields value={own(defaults, "retry")} at={["defaults", "retry"]} outcomes={STANDARD} onSet={actions.set} />
    </section>
  );
}

/** Everything about the flow itself: shown while no node is selected. */
export function FlowPane({ doc, actions, findings, authorizations }: Props): ReactNode {
  const trigger = doc.outline?.trigger;
  const channels = useId();
  return (
    <div className="node-pane">
      <div className="pane-head">
        <h2>{text.title}</h2>
        <span className="soft mono small"><Name text={doc.path ?? ""} /></span>
      </div>
      {findings.length > 0 && (
        <ul className="pane-findings" aria-label={strings.problems.title}>
          {findings.map((finding, number) => (
            <FindingRow key={`${finding.code}-${number}`} finding={finding} onFix={actions.fix} />
          ))}
        </ul>
      )}
      <section className="form-part">
        <Field name="title" title={strings.form.title} schema={TEXT} value={doc.title ?? undefined} onSet={(value) => actions.set(["title"], value)} />
      </section>
      <section className="form-part">
        <h3>{text.trigger}</h3>
        <label className="field" htmlFor={channels}>
          <span className="field-label">{text.channel}</span>
          <select
            id={channels}
            value={typeof trigger?.channel === "string" ? trigger.channel : ""}
            onChange={(event) => actions.set(["trigger"], event.target.value ? { channel: event.target.value, event: typeof trigger?.event === "string" ? trigger.event : "incoming-message" } : undefined)}
          >
            <option value="">{text.noTrigger}</option>
            {CHANNELS.map((channel) => (
              <option key={channel}>{channel}</option>
            ))}
          </select>
        </label>
        {isObject(trigger ?? undefined) && <Field name="event" title={text.event} schema={TEXT} value={trigger?.event} onSet={(value) => actions.set(["trigger", "event"], value)} />}
      </section>
      <Variables doc={doc} actions={actions} />
      <Defaults doc={doc} actions={actions} authorizations={authorizations} />
    </div>
  );
}
