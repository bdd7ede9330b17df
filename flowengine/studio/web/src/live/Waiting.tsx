import type { ReactNode } from "react";
import type { Awaits, RunPicture, WholeRun } from "../api/runs";
import { link } from "../app/routes";
import { Icon } from "../parts/icons";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { SendEvent } from "./SendEvent";

const text = strings.live;

function Awaited({ awaits }: { awaits: Awaits }): ReactNode {
  const node = shown(awaits.node);
  if (awaits.kind === "time") {
    return (
      <p>
        <Icon name="clock" /> {text.waitsTime(node)}
      </p>
    );
  }
  if (awaits.kind === "run") {
    return (
      <p>
        <Icon name="flow" /> {text.waitsRun(node)} {awaits.run !== null && <a href={link(["runs", awaits.run])}>{text.calledRun}</a>}
      </p>
    );
  }
  return (
    <>
      <p>
        <Icon name="inbox" /> {text.waitsEvents(node)}
      </p>
      <ul>
        {awaits.events.map((one) => (
          <li key={one.key}>
            <strong>
              <Name text={one.outcome ?? one.name} />
            </strong>{" "}
            <Name text={one.key} mono />
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a run waits for, in words; and, where it is an event that anybody may bring, a way to send it. */
export function Waiting({ run, picture, look }: { run: WholeRun; picture: RunPicture; look: () => void }): ReactNode {
  const { awaits, queued } = picture;
  if (run.endedAt !== null) return null;
  const sendable = awaits?.events.filter((one) => one.sample !== null) ?? [];
  const works = awaits === null && !queued && run.status === "running" ? run.underWay : null;
  return (
    <>
      <div className="waits" role="status">
        {queued && <p>{text.queued}</p>}
        {run.cancelAskedAt !== null && <p>{text.cancelAsked}</p>}
        {works && <p>{text.works(shown(works.node))}</p>}
        {awaits && <Awaited awaits={awaits} />}
        {run.waitingUntil !== null && (
          <p>
            {awaits?.kind === "time" ? text.goesOn : text.givesUp} <Moment at={run.waitingUntil} />
          </p>
        )}
      </div>
      {sendable.length > 0 && <SendEvent key={`${run.steps.length} ${sendable[0]?.key ?? ""}`} run={run.id} events={sendable} onSent={look} />}
    </>
  );
}
