import { useEffect, useState, type SubmitEvent, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { EVENT_STATES, listEvents, postAgain, postEvent, type EventPage, type EventState, type InboundEvent } from "../api/integrations";
import { own } from "../api/json";
import type { Json } from "../api/types";
import { link } from "../app/routes";
import { useShortcuts } from "../app/shortcuts";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Icon, type IconName } from "../parts/icons";
import { JsonView } from "../parts/JsonView";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { strings } from "../strings";

const text = strings.inbound;
const LOOK = 4_000;
const PAGE = 50;
const ICONS: Record<EventState, IconName> = { taken: "check", started: "play", late: "clock", unknown: "help" };
const LOOKS: Record<EventState, string> = { taken: "succeeded", started: "running", late: "waiting", unknown: "cancelled" };

function Row({ event, busy, onAgain }: { event: InboundEvent; busy: boolean; onAgain: () => void }): ReactNode {
  const runs = [...new Set([...(event.run === null ? [] : [event.run]), ...event.runs])];
  return (
    <li className="record">
      <div className="record-main">
        <span className={`status-pill ${LOOKS[event.state]}`} title={text.stateHelp[event.state]}>
          <Icon name={ICONS[event.state]} size={13} />
          {text.state[event.state]}
        </span>
        <h2>
          <Name text={event.name} />
        </h2>
        <span className="soft small">
          <Name text={event.source} />
        </span>
        {event.copies > 0 && <span className="pill">{text.copies(event.copies)}</span>}
        <span className="record-when soft">
          <Moment at={event.at} />
        </span>
      </div>
      {runs.length > 0 && (
        <p className="small">
          {text.runs}{" "}
          {runs.map((run) => (
            <a key={run} href={link(["runs", run])}>
              <Name text={run.slice(0, 8)} mono />{" "}
            </a>
          ))}
        </p>
      )}
      <details className="event-body">
        <summary>
          {text.body} <Name text={event.keys.join("  ")} mono />
        </summary>
        <p className="mono small soft">
          <Name text={event.id} />
        </p>
        <JsonView value={event.body} depth={3} />
      </details>
      {(event.state === "late" || event.state === "unknown") && (
        <p className="event-again">
          <Button icon="reopen" disabled={busy} onClick={onAgain} aria-label={text.againIt(event.number, shown(event.name))} title={text.againHelp}>
            {text.again}
          </Button>
          <span className="soft small">{text.stateHelp[event.state]}.</span>
        </p>
      )}
    </li>
  );
}

function PostDialog({ onPosted, onClose }: { onPosted: (state: string) => void; onClose: () => void }): ReactNode {
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [written, setWritten] = useState("{}");
  const action = useAction();
  let body: Json | undefined;
  try {
    body = JSON.parse(written) as Json;
  } catch {
    body = undefined;
  }
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const sent = body;
    if (sent !== undefined) void action.run(async () => onPosted((await postEvent(name, key, sent)).state));
  };
  return (
    <Dialog title={text.post} onClose={onClose}>
      <form className="fields" onSubmit={onSubmit}>
        <label className="field">
          <span className="field-label">{text.name}</span>
          <input className="mono" required pattern="[A-Za-z0-9][A-Za-z0-9._\-]*" value={name} onChange={(event) => setName(event.target.value)} />
          <span className="field-help">{text.nameHelp}</span>
        </label>
        <label className="field">
          <span className="field-label">{text.key}</span>
          <input className="mono" required value={key} onChange={(event) => setKey(event.target.value)} />
          <span className="field-help">{text.keyHelp}</span>
        </label>
        <label className="field">
          <span className="field-label">{text.body}</span>
          <textarea className="mono" rows={6} spellCheck={false} value={written} aria-invalid={body === undefined} onChange={(event) => setWritten(event.target.value)} />
          {body === undefined && <span className="field-bad">{strings.form.notJson}</span>}
        </label>
        {action.error && <Problem error={action.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look="primary" disabled={!name || !key || body === undefined || action.busy}>
            {text.postIt}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface Listed extends EventPage {
  key: string;
  older: InboundEvent[];
  hasOlder: boolean;
}

/** The newest events, looked at again and again; older ones as they are asked for. */
function useEvents(states: readonly EventState[], words: string) {
  const key = JSON.stringify([states, words]);
  const [listed, setListed] = useState<Listed | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [count, setCount] = useState(0);
  useEffect(() => {
    let current = true;
    const [wanted, sought] = JSON.parse(key) as [EventState[], string];
    const look = () =>
      void listEvents(wanted, sought).then(
        (page) => {
          if (!current) return;
          setError(null);
          setListed((before) => {
            const kept = before?.key === key ? before : null;
            const newest = new Set(page.events.map((one) => one.number));
            const had = kept?.older.length ? [...kept.events, ...kept.older].filter((one) => !newest.has(one.number)) : [];
            return { ...page, key, older: had, hasOlder: kept?.older.length ? kept.hasOlder : page.events.length === PAGE };
          });
        },
        (failure: unknown) => {
          if (current && failure instanceof ApiError) setError(failure);
        },
      );
    look();
    const timer = window.setInterval(look, LOOK);
    return () => {
      current = false;
      window.clearInterval(timer);
    };
  }, [key, count]);
  const shownNow = listed?.key === key ? [...listed.events, ...listed.older] : null;
  const older = async () => {
    const before = shownNow?.at(-1)?.number ?? null;
    const page = await listEvents(states, words, before);
    setListed((now) => (now?.key === key ? { ...now, older: [...now.older, ...page.events], hasOlder: page.events.length === PAGE } : now));
  };
  return { events: shownNow, counts: listed?.counts ?? null, hasOlder: listed?.hasOlder ?? false, error, older, again: () => setCount(count + 1) };
}

/** What came from outside: taken, late, or known to nobody. */
export function EventsPart(): ReactNode {
  const [states, setStates] = useState<readonly EventState[]>([]);
  const [words, setWords] = useState("");
  const [posting, setPosting] = useState(false);
  const [said, setSaid] = useState("");
  const { events, counts, hasOlder, error, older, again } = useEvents(states, words);
  const action = useAction();
  useShortcuts({ "/": () => document.getElementById("event-filter")?.focus() });
  const cameOf = (state: string) => {
    setSaid(text.posted(own<string>(text.became, state) ?? state));
    again();
  };
  const toggle = (state: EventState) => setStates(states.includes(state) ? states.filter((one) => one !== state) : [...states, state]);
  return (
    <section aria-label={strings.integrations.tab.events}>
      <search className="filters" aria-label={text.filters}>
        <div className="switch" role="group" aria-label={text.stateFilter}>
          {EVENT_STATES.map((one) => (
            <Button key={one} aria-pressed={states.includes(one)} title={text.stateHelp[one]} onClick={() => toggle(one)}>
              {text.state[one]} <span className="soft">{counts?.[one] ?? ""}</span>
            </Button>
          ))}
        </div>
        <input id="event-filter" className="filter" type="search" aria-label={text.find} placeholder={text.find} maxLength={200} value={words} onChange={(event) => setWords(event.target.value)} />
        <Button icon="bolt" onClick={() => setPosting(true)}>
          {text.post}
        </Button>
      </search>
      {error && <Problem error={error} onAgain={again} />}
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
      <p className="said-line" role="status">
        {said}
      </p>
      {events && events.length > 0 && (
        <ul className="records" aria-label={strings.integrations.tab.events}>
          {events.map((one) => (
            <Row key={one.number} event={one} busy={action.busy} onAgain={() => void action.run(async () => cameOf((await postAgain(one.number)).state))} />
          ))}
        </ul>
      )}
      {events?.length === 0 && <p className="empty">{states.length || words ? strings.common.nothingFound : text.none}</p>}
      {!events && !error && <p className="empty">{strings.common.loading}</p>}
      {events && hasOlder && (
        <div className="more">
          <Button icon="down" disabled={action.busy} onClick={() => void action.run(older)}>
            {strings.runs.older}
          </Button>
        </div>
      )}
      {posting && (
        <PostDialog
          onPosted={(state) => {
            setPosting(false);
            cameOf(state);
          }}
          onClose={() => setPosting(false)}
        />
      )}
    </section>
  );
}
