import { useMemo, useState, type ReactNode } from "react";
import type { Conflict } from "../api/studio";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { strings } from "../strings";
import { diff } from "./diff";

const text = strings.conflict;

interface Props {
  conflict: Conflict;
  mine: string;
  onTakeDisk: () => void;
  onWrite: (text: string) => void;
  onClose: () => void;
}

/** The file was changed on the disk meanwhile: see how, and choose what is to be kept. */
export function ConflictDialog({ conflict, mine, onTakeDisk, onWrite, onClose }: Props): ReactNode {
  const { disk, merged } = conflict;
  const [view, setView] = useState<"merged" | "mine">(merged === null ? "mine" : "merged");
  const right = view === "merged" && merged !== null ? merged : mine;
  const lines = useMemo(() => diff(disk.text, right), [disk.text, right]);
  return (
    <Dialog title={text.title} onClose={onClose} wide>
      <p>{merged === null ? text.cannotMerge : text.canMerge}</p>
      <div className="switch" role="group" aria-label={text.compare}>
        {merged !== null && (
          <Button aria-pressed={view === "merged"} onClick={() => setView("merged")}>
            {text.diskToMerged}
          </Button>
        )}
        <Button aria-pressed={view === "mine"} onClick={() => setView("mine")}>
          {text.diskToMine}
        </Button>
      </div>
      {/* A long text scrolls, and by keyboard only what can have the focus. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="diff" role="region" aria-label={text.compare} tabIndex={0}>
        {lines.map((line, number) => (
          <div key={number} className={`diff-line ${line.state}`}>
            <span aria-hidden="true">{line.state === "added" ? "+" : line.state === "removed" ? "−" : " "}</span>
            {line.state !== "same" && <span className="sr">{text[line.state]}</span>}
            <code>{line.text}</code>
          </div>
        ))}
      </div>
      <div className="dialog-actions">
        <Button onClick={onTakeDisk}>{text.takeDisk}</Button>
        <Button look="danger" onClick={() => onWrite(mine)}>
          {text.keepMine}
        </Button>
        {merged !== null && (
          <Button look="primary" onClick={() => onWrite(merged)}>
            {text.saveMerged}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
