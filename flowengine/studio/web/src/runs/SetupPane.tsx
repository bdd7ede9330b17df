import { useId, type ReactNode } from "react";
import type { Project, RecordingSummary } from "../api/dryRun";
import type { Declaration, Graph, JsonObject } from "../api/types";
import { Icon } from "../parts/icons";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { JsonText } from "./JsonText";

const text = strings.dryRun;

/** What a walk begins with. Null stands for what the recording says, or the flow. */
export interface Setup {
  recording: string | null;
  sample: string | null;
  trigger: JsonObject | null;
  variables: JsonObject | null;
  environment: string | null;
  /** Where else than at the start, and what the nodes before it gave. */
  from: { node: string; outputs: JsonObject } | null;
}

interface Props {
  setup: Setup;
  recordings: readonly RecordingSummary[];
  triggers: Project["triggers"];
  environments: Project["environments"];
  declared: readonly Declaration[];
  graph: Graph | null;
  onChange: (setup: Setup) => void;
}

export const STATES = { passed: "✓", failed: "✕", broken: "✕", "no-expectation": "○" };

function Answers({ setup, recordings, triggers, onChange }: Pick<Props, "setup" | "recordings" | "triggers" | "onChange">): ReactNode {
  const id = useId();
  const first = triggers[0];
  const byHand = () => onChange({ ...setup, recording: null, sample: setup.sample ?? first?.path ?? null, trigger: setup.trigger ?? first?.data ?? {} });
  return (
    <fieldset className="recordings">
      <legend>{text.answers}</legend>
      <label className="recording">
        <input type="radio" name={id} checked={setup.recording === null} onChange={byHand} />
        <span>
          {text.byHand}
          <span className="soft small">{text.byHandHelp}</span>
        </span>
      </label>
      {recordings.map((one) => (
        <label key={one.path} className="recording">
          <input type="radio" name={id} checked={setup.recording === one.name} onChange={() => onChange({ ...setup, recording: one.name, sample: null, trigger: null, variables: null, from: null })} />
          <span>
            <bdi>{shown(one.title ?? one.name)}</bdi>
            <span className="soft small mono">{shown(one.name)}</span>
            {setup.recording === one.name && one.status === "broken" && one.findings.map((finding) => <span key={finding} className="field-bad">{shown(finding)}</span>)}
          </span>
          <span className={`recording-state ${one.status}`} title={text.status[one.status]}>
            <span aria-hidden="true">{STATES[one.status]}</span>
            <span className="sr">{text.status[one.status]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function EventPart({ setup, triggers, onChange }: Pick<Props, "setup" | "triggers" | "onChange">): ReactNode {
  const choose = (path: string) => {
    const found = triggers.find((one) => one.path === path);
    onChange({ ...setup, sample: found?.path ?? null, trigger: found?.data ?? (setup.recording === null ? {} : null) });
  };
  return (
    <>
      <label className="field">
        <span className="field-label">{text.sample}</span>
        <select value={setup.sample ?? ""} onChange={(event) => choose(event.target.value)}>
          <option value="">{setup.recording === null ? text.noSample : text.ofRecording}</option>
          {triggers.map((one) => (
            <option key={one.path} value={one.path}>
              {shown(one.name)}
            </option>
          ))}
        </select>
      </label>
      {setup.trigger !== null && <JsonText key={setup.sample} label={text.event} rows={12} value={setup.trigger} onChange={(trigger) => onChange({ ...setup, trigger })} />}
    </>
  );
}

const typed = (declared: readonly Declaration[]) => declared.map((one) => (one.type == null ? one.name : `${one.name}: ${one.type}`)).join(", ");

function BeginPart({ setup, graph, declared, onChange }: Pick<Props, "setup" | "graph" | "declared" | "onChange">): ReactNode {
  const begin = (node: string) => onChange({ ...setup, from: node === graph?.start || node === "" ? null : { node, outputs: setup.from?.outputs ?? {} } });
  const { from } = setup;
  return (
    <details className="changes" open={from !== null || setup.variables !== null}>
      <summary>{text.beginning}</summary>
      <div className="fields start-variables">
        {graph && (
          <label className="field">
            <span className="field-label">{text.beginsAt}</span>
            <select value={from?.node ?? graph.start} onChange={(event) => begin(event.target.value)}>
              {graph.nodes.filter((one) => one.kind !== "end").map((one) => (
                <option key={one.id} value={one.id}>
                  {shown(one.title ?? one.id)}
                  {one.id === graph.start ? ` (${strings.form.start})` : ""}
                </option>
              ))}
            </select>
          </label>
        )}
        {declared.length > 0 && <JsonText key={`v ${from?.node ?? ""} ${setup.recording ?? ""}`} label={text.variables} help={shown(typed(declared))} rows={5} value={setup.variables ?? {}} onChange={(variables) => onChange({ ...setup, variables: Object.keys(variables).length > 0 ? variables : null })} />}
        {from && <JsonText key={`o ${from.node}`} label={text.outputsBefore} help={text.outputsHelp} rows={5} value={from.outputs} onChange={(outputs) => onChange({ ...setup, from: { ...from, outputs } })} />}
      </div>
    </details>
  );
}

/** What a dry-run begins with: event, variables, where, and the answers of a recording. Without one, each is asked for. */
export function SetupPane(props: Props): ReactNode {
  const { setup, environments, onChange } = props;
  return (
    <div className="setup">
      <div className="pane-head">
        <h2>{text.title}</h2>
      </div>
      <Answers {...props} />
      <EventPart {...props} />
      <BeginPart {...props} />
      {environments.length > 0 && (
        <label className="field">
          <span className="field-label">{strings.start.environment}</span>
          <select value={setup.environment ?? environments.find((one) => one.default)?.name ?? ""} onChange={(event) => onChange({ ...setup, environment: event.target.value })}>
            {environments.map((one) => (
              <option key={one.name} value={one.name}>
                {shown(one.name)}
              </option>
            ))}
          </select>
          <span className="field-help">{text.environmentHelp}</span>
        </label>
      )}
      <p className="soft small">
        <Icon name="info" size={14} /> {text.nothingSent}
      </p>
    </div>
  );
}
