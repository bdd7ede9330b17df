import { useEffect, useState, type ReactNode } from "react";
import { askTenant, changeStream, listStreams, listStreamUsers, testStream, type Stream, type StreamChange } from "../api/integrations";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { Sentence } from "../parts/Sentence";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { changesOf, draftOf, type Draft } from "./changes";
import { DeadLetters } from "./DeadLetters";
import { Assets, Channels, EventsAndName } from "./StreamSettings";

const text = strings.streams;
const LOOK = 3_000;

function Figures({ stream }: { stream: Stream }): ReactNode {
  const figures = [
    [text.pending, String(stream.pending)],
    [text.delivered, String(stream.delivered)],
    [text.dead, String(stream.dead)],
    [text.lag, stream.pending === 0 ? "–" : strings.run.took(stream.lagMs)],
  ] as const;
  return (
    <>
      <dl className="big-figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {stream.closedFor !== null && (
        <p className="note">
          {text.closed} <Sentence text={stream.closedFor} />
        </p>
      )}
      {stream.tenant?.mayStream === false && stream.tenant.reason !== stream.closedFor && (
        <p className="note">
          <Sentence text={stream.tenant.reason ?? text.notEntitled} />
        </p>
      )}
      {stream.lastError && (
        <p className="note">
          {text.lastError(stream.lastError.attempts)} <Sentence text={stream.lastError.reason ?? ""} />
        </p>
      )}
    </>
  );
}

/** What the tenant says of itself when it is asked now. */
function TenantState(): ReactNode {
  const [asked, setAsked] = useState(0);
  const { value, error, again } = useAsked(() => (asked === 0 ? Promise.resolve(null) : askTenant()), String(asked));
  return (
    <>
      <Button icon="shield" onClick={() => setAsked(asked + 1)}>
        {text.askTenant}
      </Button>
      {error && <Problem error={error} onAgain={again} />}
      {value && (
        <p role="status" className={value.mayStream === true ? "good-note" : "note"}>
          {value.mayStream === true ? text.mayStream : value.mayStream === false ? text.mayNotStream : text.mayNotTell} {value.reason !== null && <Sentence text={value.reason} />}
        </p>
      )}
    </>
  );
}

function Users(): ReactNode {
  const users = useAsked(listStreamUsers, "users");
  return (
    <section className="stream-part">
      <h3>{text.users}</h3>
      {users.error && <Problem error={users.error} onAgain={users.again} />}
      {users.value?.length === 0 && <p className="soft">{text.noUsers}</p>}
      <ul className="inline-list">
        {(users.value ?? []).map((one) => (
          <li key={one.path}>
            <a href={link(["flows", one.flow])}>
              <Name text={one.flow} />
            </a>{" "}
            <span className="soft small">{strings.authorizations.nodes(one.nodes.length)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Manage({ stream, onChanged }: { stream: Stream; onChanged: () => void }): ReactNode {
  const [edited, setEdited] = useState<Draft | null>(null);
  const draft = edited ?? draftOf(stream);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [said, setSaid] = useState("");
  const action = useAction();
  const changes = changesOf(stream, draft);
  const change = (part: Partial<Draft>) => setEdited({ ...draft, ...part });
  const empty = draft.assets.length === 0 || draft.channels.length === 0;
  const isChanged = Object.keys(changes).length > 0;
  const send = (what: StreamChange, sentence: string, onDone: () => void) => {
    setSaid("");
    void action.run(async () => {
      const now = await changeStream(stream.name, what);
      setNotes(now.notes.filter((one) => !now.stream.warnings.includes(one)));
      setSaid(sentence);
      onDone();
      onChanged();
    });
  };
  const test = () => {
    setSaid("");
    void action.run(async () => {
      const { delivered, reason } = await testStream(stream.name);
      setSaid(delivered ? text.tested : "");
      setNotes(delivered ? [] : [`${text.notDelivered} ${reason ?? ""}`]);
      onChanged();
    });
  };
  return (
    <article className="stream" aria-label={stream.title}>
      <header className="stream-head">
        <div>
          <h2>{shown(stream.title)}</h2>
          <p className="soft">
            {shown(stream.description)} {text.about(shown(stream.environment))}
          </p>
        </div>
        <label className="check">
          <input type="checkbox" role="switch" checked={stream.enabled} disabled={action.busy} onChange={(event) => send({ enabled: event.target.checked }, event.target.checked ? text.nowOn : text.nowOff, () => undefined)} />
          {stream.enabled ? text.isOn : text.isOff}
        </label>
      </header>
      <Figures stream={stream} />
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
      {[...stream.warnings, ...notes].map((one) => (
        <p key={one} className="note">
          <Sentence text={one} />
        </p>
      ))}
      <div className="manage">
        <Assets stream={stream} draft={draft} onChange={(assets) => change({ assets })} />
        <Channels draft={draft} warned={stream.warnings.length > 0} onChange={(channels) => change({ channels })} />
        <EventsAndName stream={stream} draft={draft} onChange={(authorization) => change({ authorization })} />
      </div>
      <div className="stream-actions">
        <Button look="primary" icon="save" disabled={!isChanged || empty || action.busy} onClick={() => send(changes, strings.editor.saved, () => setEdited(null))}>
          {strings.editor.save}
        </Button>
        {edited && isChanged && (
          <Button look="quiet" icon="undo" onClick={() => setEdited(null)}>
            {text.undo}
          </Button>
        )}
        <Button icon="bolt" disabled={action.busy} onClick={test} title={text.testHelp}>
          {text.test}
        </Button>
        <TenantState />
        <span role="status" className="soft">
          {empty ? text.empty : said}
        </span>
      </div>
      <Users />
      <DeadLetters stream={stream.name} count={stream.dead} onResent={onChanged} />
    </article>
  );
}

/** What is handed on to Engage, beside what flows send it. */
export function StreamsPart(): ReactNode {
  const { value, error, again } = useAsked(listStreams, "streams");
  useEffect(() => {
    const timer = window.setInterval(again, LOOK);
    return () => window.clearInterval(timer);
  }, [again]);
  return (
    <section aria-label={strings.integrations.tab.streams}>
      {error && <Problem error={error} onAgain={again} />}
      {!value && !error && <p className="empty">{strings.common.loading}</p>}
      {value?.length === 0 && <p className="empty">{text.none}</p>}
      {value?.map((one) => (
        <Manage key={one.name} stream={one} onChanged={again} />
      ))}
    </section>
  );
}
