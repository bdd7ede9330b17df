import { useState, type SubmitEvent, type ReactNode } from "react";
import { recordRun, type WholeRun } from "../api/runs";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { strings } from "../strings";

const text = strings.dryRun;

/** Keep what a run got as a recording of its flow. */
export function SaveRunDialog({ run, onClose }: { run: WholeRun; onClose: () => void }): ReactNode {
  const [name, setName] = useState(`${run.flow}-`);
  const [saved, setSaved] = useState<{ path: string; notes: string[] } | null>(null);
  const action = useAction();
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name) void action.run(async () => setSaved(await recordRun(run.id, name)));
  };
  return (
    <Dialog title={text.saveRecording} onClose={onClose}>
      {saved === null ? (
        <form className="fields" onSubmit={onSubmit}>
          <label className="field">
            <span className="field-label">{text.recordingName}</span>
            <input className="mono" value={name} pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" onChange={(event) => setName(event.target.value)} />
            <span className="field-help">{strings.flows.idRule}</span>
          </label>
          {action.error && <Problem error={action.error} />}
          <div className="dialog-actions">
            <Button onClick={onClose}>{strings.common.cancel}</Button>
            <Button type="submit" look="primary" disabled={!name || action.busy}>
              {strings.editor.save}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <p role="status">{text.savedAs(shown(saved.path))}</p>
          {saved.notes.map((note) => (
            <p key={note} className="soft">
              {shown(note)}
            </p>
          ))}
          <div className="dialog-actions">
            <a className="button" href={link(["flows", run.flow, "dry-run"], { recording: name })}>
              {strings.live.dryRunIt}
            </a>
            <Button look="primary" onClick={onClose}>
              {strings.common.close}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
