import type { ReactNode } from "react";
import type { RunStatus } from "../runs/run";
import { strings } from "../strings";
import { Icon, type IconName } from "./icons";

const ICONS: Record<RunStatus, IconName> = { running: "play", waiting: "clock", succeeded: "check", failed: "cross", cancelled: "minus" };

/** How a run is: by sign, word and colour. */
export function StatusPill({ status }: { status: RunStatus }): ReactNode {
  return (
    <span className={`status-pill ${status}`}>
      <Icon name={ICONS[status]} size={13} />
      {strings.runs.status[status]}
    </span>
  );
}
