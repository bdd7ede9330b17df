import { useState, type SubmitEvent, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { createFlow, editDocument } from "../api/studio";
import type { FlowSummary } from "../api/types";
import { go, link } from "../app/routes";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Problem } from "../parts/Problem";
import { strings } from "../strings";

const text = strings.flows;

/** Return a title as an id: lower case, digits and hyphens. */
export function idOf(title: string): string {
  return title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

export function NewFlowDialog({ known, onClose }: { known: readonly FlowSummary[]; onClose: () => void }): ReactNode {
  const [title, setTitle] = useState("");
  const [written, setWritten] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const id = written ?? idOf(title);
  const taken = known.some((flow) => flow.id === id);
  const folder = known[0]?.path.includes("/") ? known[0].path.slice(0, known[0].path.lastIndexOf("/") + 1) : known.length ? "" : "flows/";
  const path = `${folder}${id}.yaml`;
  const make = async () => {
    try {
      const doc = await editDocument({ text: "", path }, [{ op: "new", id, ...(title ? { title } : {}) }]);
      await createFlow(path, doc.text);
      go(link(["flows", id]));
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    }
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (id && !taken) void make();
  };
  return (
    <Dialog title={text.make} onClose={onClose}>
      <form className="fields" onSubmit={onSubmit}>
        <label className="field">
          <span className="field-label">{text.newTitle}</span>
          <input value={title} onChange={(event) => setTitle(event.target.value)} />
        </label>
        <label className="field">
          <span className="field-label">{text.newId}</span>
          <input className="mono" value={id} onChange={(event) => setWritten(event.target.value)} pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" aria-describedby="new-id-help" />
          <span id="new-id-help" className={taken ? "field-help bad" : "field-help"}>
            {taken ? text.taken(id) : id ? text.willBe(path) : text.idRule}
          </span>
        </label>
        {error && <Problem error={error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look="primary" disabled={!id || taken}>
            {text.makeIt}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
