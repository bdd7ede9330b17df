import { useId, useState, type SubmitEvent, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { saveRecording, type DryRun, type RecordingSummary } from "../api/dryRun";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { strings } from "../strings";

const text = strings.dryRun;
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

interface Props {
  flow: string;
  result: DryRun;
  recordings: readonly RecordingSummary[];
  /** Whether the flow that was walked is another one than that which is saved. */
  dirty: boolean;
  onClose: () => void;
}

/** What is to be known of the walk before it is kept. */
function Notes({ result, dirty }: Pick<Props, "result" | "dirty">): ReactNode {
  return (
    <>
      {result.run.steps.some((one) => one.chosen && one.choosing === "override") && <p className="note">{text.overridden}</p>}
      {result.notes.map((note) => (
        <p key={note} className="note">
          {shown(note)}
        </p>
      ))}
      {dirty && <p className="note">{text.savedIsTested}</p>}
    </>
  );
}

function SaveForm({ flow, result, recordings, dirty, onSaved, onClose }: Props & { onSaved: (path: string) => void }): ReactNode {
  const id = useId();
  const [name, setName] = useState(`${flow}-`);
  const [title, setTitle] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const taken = recordings.some((one) => one.name === name) || error?.code === "exists";
  const wrong = name !== `${flow}-` && !NAME.test(name);
  const save = async () => {
    if (!result.recording) return;
    setBusy(true);
    try {
      onSaved((await saveRecording(flow, name, { ...result.recording, recording: name, ...(title ? { title } : {}) }, taken)).path);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (NAME.test(name)) void save();
  };
  return (
    <form className="fields" onSubmit={onSubmit}>
      <div className={wrong ? "field is-bad" : "field"}>
        <label className="field-label" htmlFor={id}>
          {text.recordingName}
        </label>
        <input
          id={id}
          className="mono"
          value={name}
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={wrong}
          aria-describedby={`${id}-said`}
          onChange={(event) => {
            setName(event.target.value);
            setError(null);
          }}
        />
        <span id={`${id}-said`} role="status" className={wrong || taken ? "field-bad" : "field-help"}>
          {wrong ? strings.flows.idRule : taken ? text.exists(name) : text.nameHelp}
        </span>
      </div>
      <label className="field">
        <span className="field-label">{strings.form.title}</span>
        <input value={title} maxLength={200} onChange={(event) => setTitle(event.target.value)} />
      </label>
      <Notes result={result} dirty={dirty} />
      {error && error.code !== "exists" && <Problem error={error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button type="submit" look={taken ? "danger" : "primary"} disabled={!NAME.test(name) || busy}>
          {taken ? text.replaceIt : strings.editor.save}
        </Button>
      </div>
    </form>
  );
}

/** Keep a walk as a recording, which is a test case where the walk came to its end. */
export function SaveRecordingDialog(props: Props): ReactNode {
  const { result, onClose } = props;
  const [path, setPath] = useState<string | null>(null);
  return (
    <Dialog title={text.saveRecording} onClose={onClose}>
      {path === null && result.recording && <SaveForm {...props} onSaved={setPath} />}
      {(path !== null || !result.recording) && (
        <>
          {path !== null ? <p role="status">{text.savedAs(shown(path))}</p> : <p>{text.cannotSave}</p>}
          {path === null && <Notes {...props} />}
          <div className="dialog-actions">
            <Button look="primary" onClick={onClose}>
              {strings.common.close}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
