import { useState, type SubmitEvent, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { saveRecording, type Recording } from "../api/dryRun";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { strings } from "../strings";

const text = strings.dryRun;

export function SaveRecordingDialog({ flow, recording, onClose }: { flow: string; recording: Recording; onClose: () => void }): ReactNode {
  const [name, setName] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [path, setPath] = useState<string | null>(null);
  const save = async () => {
    try {
      setPath((await saveRecording(flow, name, { ...recording, recording: name })).path);
      setError(null);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    }
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name) void save();
  };
  return (
    <Dialog title={text.saveRecording} onClose={onClose}>
      {path === null ? (
        <form className="fields" onSubmit={onSubmit}>
          <label className="field">
            <span className="field-label">{text.recordingName}</span>
            <input className="mono" value={name} pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" placeholder={`${flow}-`} onChange={(event) => setName(event.target.value)} />
          </label>
          {error && <Problem error={error} />}
          <div className="dialog-actions">
            <Button onClick={onClose}>{strings.common.cancel}</Button>
            <Button type="submit" look="primary" disabled={!name}>
              {strings.editor.save}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <p role="status">{text.savedAs(shown(path))}</p>
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
