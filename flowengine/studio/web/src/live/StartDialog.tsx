import { useMemo, useState, type SubmitEvent, type ReactNode } from "react";
import { useStore } from "zustand";
import { project, type Project } from "../api/dryRun";
import { textOf } from "../api/json";
import { showRun, startRun, type NewRun, type WholeRun } from "../api/runs";
import { listFlows, openFlow } from "../api/studio";
import type { Declaration, Doc, FlowSummary, Json } from "../api/types";
import { go, link } from "../app/routes";
import { editorOf, unsaved } from "../editor/store";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { givenValues, readTrigger, readVariable } from "./values";

const text = strings.start;

const pretty = (value: Json) => JSON.stringify(value, null, 2);

function Variable({ one, value, onChange }: { one: Declaration; value: string | undefined; onChange: (value: string | undefined) => void }): ReactNode {
  const wrong = value !== undefined && readVariable(value, one.type) === undefined;
  const begins = one.default === undefined ? text.noDefault : typeof one.default === "string" ? one.default : JSON.stringify(one.default);
  return (
    <label className={wrong ? "field is-bad" : "field"}>
      <span className="field-head">
        <span className="field-label">{shown(one.name)}</span>
        <span className="field-name mono">{one.type ?? ""}</span>
      </span>
      <input className="mono" value={value ?? ""} placeholder={shown(begins)} aria-invalid={wrong} onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)} />
      {wrong && <span className="field-bad">{text.wrongVariable(one.type ?? "")}</span>}
    </label>
  );
}

interface FormProps {
  doc: Doc;
  world: Project;
  /** A run whose trigger is taken again. */
  again: WholeRun | null;
  onStarted: (run: string) => void;
  onClose: () => void;
}

/** What the form begins with: what a run had, else the sample of the flow, else one of its channel. */
function beginning({ doc, world, again }: FormProps) {
  const channel = textOf(doc.outline?.trigger?.channel) || null;
  const environment = again?.environment ?? world.environments.find((one) => one.default)?.name ?? "";
  if (again) return { environment, sample: "", written: again.trigger === null ? "" : pretty(again.trigger) };
  const sample = channel === null ? undefined : (world.triggers.find((one) => one.name === doc.id) ?? world.triggers.find((one) => one.channel === channel));
  return { environment, sample: sample?.path ?? "", written: sample ? pretty(sample.data) : "" };
}

function EventFields({ world, flow, sample, written, onChange }: { world: Project; flow: string; sample: string; written: string; onChange: (sample: string, written: string) => void }): ReactNode {
  const samples = useMemo(() => [...world.triggers].sort((left, right) => Number(right.name === flow) - Number(left.name === flow)), [world.triggers, flow]);
  const wrong = readTrigger(written) === undefined;
  const choose = (path: string) => {
    const found = samples.find((one) => one.path === path);
    onChange(path, found ? pretty(found.data) : "");
  };
  return (
    <>
      {samples.length > 0 && (
        <label className="field">
          <span className="field-label">{strings.dryRun.sample}</span>
          <select value={sample} onChange={(event) => choose(event.target.value)}>
            <option value="">{strings.dryRun.noSample}</option>
            {samples.map((one) => (
              <option key={one.path} value={one.path}>
                {shown(one.name)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className={wrong ? "field is-bad" : "field"}>
        <span className="field-label">{strings.dryRun.event}</span>
        <textarea className="mono trigger-text" rows={10} spellCheck={false} value={written} aria-invalid={wrong} onChange={(event) => onChange(sample, event.target.value)} />
        {wrong && <span className="field-bad">{text.wrongTrigger}</span>}
      </label>
    </>
  );
}

function VariableFields({ declared, open, values, onChange }: { declared: readonly Declaration[]; open: boolean; values: ReadonlyMap<string, string>; onChange: (values: ReadonlyMap<string, string>) => void }): ReactNode {
  if (declared.length === 0) return null;
  const change = (name: string, value: string | undefined) => {
    const next = new Map(values);
    if (value === undefined) next.delete(name);
    else next.set(name, value);
    onChange(next);
  };
  return (
    <details className="changes" open={open}>
      <summary>{text.variables(declared.length)}</summary>
      <div className="fields start-variables">
        {declared.map((one) => (
          <Variable key={one.name} one={one} value={values.get(one.name)} onChange={(value) => change(one.name, value)} />
        ))}
      </div>
    </details>
  );
}

function StartForm(props: FormProps): ReactNode {
  const { doc, world, onStarted, onClose } = props;
  const flow = doc.id ?? "";
  const inputs = doc.outline?.inputs ?? [];
  const declared = [...inputs, ...(doc.outline?.variables ?? [])];
  const [first] = useState(() => beginning(props));
  const [environment, setEnvironment] = useState(first.environment);
  const [event, setEvent] = useState({ sample: first.sample, written: first.written });
  const [values, setValues] = useState<ReadonlyMap<string, string>>(new Map());
  const action = useAction();
  const dirty = unsaved(useStore(editorOf(flow).store));
  const trigger = readTrigger(event.written);
  const { given, fine } = givenValues(declared, values);
  const start = async () => {
    const body: NewRun = { flow, ...(trigger == null ? {} : { trigger }), ...(given.length ? { variables: Object.fromEntries(given) } : {}), ...(environment ? { environment } : {}) };
    onStarted((await startRun(body)).id);
  };
  const onSubmit = (submitted: SubmitEvent) => {
    submitted.preventDefault();
    if (fine && trigger !== undefined) void action.run(start);
  };
  return (
    <form className="fields" onSubmit={onSubmit}>
      {dirty && <p className="note">{text.savedIsRun}</p>}
      <label className="field">
        <span className="field-label">{text.environment}</span>
        <select value={environment} onChange={(changed) => setEnvironment(changed.target.value)}>
          {world.environments.map((one) => (
            <option key={one.name} value={one.name}>
              {shown(one.name)}
            </option>
          ))}
        </select>
        <span className="field-help">{environment === "sandbox" ? text.sandboxHelp : text.environmentHelp}</span>
      </label>
      <EventFields world={world} flow={flow} {...event} onChange={(sample, written) => setEvent({ sample, written })} />
      <VariableFields declared={declared} open={inputs.length > 0} values={values} onChange={setValues} />
      {action.error && <Problem error={action.error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button type="submit" look="primary" icon="play" disabled={!fine || trigger === undefined || action.busy}>
          {text.start}
        </Button>
      </div>
    </form>
  );
}

/** Begin a real run: of which flow, where, with which event. */
export function StartDialog({ flow, again, onClose }: { flow: string; again: string | null; onClose: () => void }): ReactNode {
  const [id, setId] = useState(flow);
  const flows = useAsked(listFlows, "flows");
  const world = useAsked(project, "project");
  const doc = useAsked(() => (id ? openFlow(id) : Promise.resolve(null)), id);
  const before = useAsked(() => (again === null ? Promise.resolve(null) : showRun(again)), again ?? "");
  const error = [flows, world, doc, before].find((one) => one.error)?.error ?? null;
  const ready = doc.value?.id === id && world.value && (again === null || before.value);
  return (
    <Dialog title={text.title} onClose={onClose}>
      <label className="field">
        <span className="field-label">{text.flow}</span>
        <select value={id} onChange={(event) => setId(event.target.value)}>
          <option value="">{text.choose}</option>
          {(flows.value ?? []).map((one: FlowSummary) => (
            <option key={one.path} value={one.id}>
              {shown(one.title ?? one.id)}
            </option>
          ))}
        </select>
      </label>
      {error && <Problem error={error} />}
      {ready && doc.value && world.value && <StartForm key={id} doc={doc.value} world={world.value} again={again !== null && before.value?.flow === id ? before.value : null} onStarted={(run) => go(link(["runs", run]))} onClose={onClose} />}
    </Dialog>
  );
}
