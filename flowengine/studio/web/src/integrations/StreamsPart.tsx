import { useEffect, useState, type ReactNode } from "react";
import { askTenant, changeStream, listAuthorizations, listStreams, listStreamUsers, testStream, type Stream } from "../api/integrations";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { changesOf, draftOf, type Draft } from "./changes";
import { DeadLetters } from "./DeadLetters";

const text = strings.streams;
const LOOK = 3_000;
const CHANNELS = ["sms", "messenger", "whatsapp", "email", "livechat", "apple"] as const;
const APPLE = "apple";

const toggled = (list: string[], one: string, all: readonly string[]) => (list.includes(one) ? list.filter((each) => each !== one) : all.filter((each) => each === one || list.includes(each)));

function Assets({ stream, draft, onChange }: { stream: Stream; draft: Draft; onChange: (assets: Draft["assets"]) => void }): ReactNode {
  const chosen = draft.assets;
  const chooses = chosen !== "all";
  const { value: asked, error, again } = useAsked(() => (chooses ? askTenant() : Promise.resolve(null)), String(chooses));
  const known = asked?.assets ?? stream.tenant?.assets ?? (stream.assets === "all" ? [] : stream.assets);
  const ids = known.map((one) => one.id);
  return (
    <fieldset className="manage-part">
      <legend>{text.assets}</legend>
      <label className="check">
        <input type="radio" name="assets" checked={chosen === "all"} onChange={() => onChange("all")} />
        {text.allAssets}
      </label>
      <label className="check">
        <input type="radio" name="assets" checked={chosen !== "all"} onChange={() => onChange(stream.assets === "all" ? [] : stream.assets.map((one) => one.id))} />
        {text.chooseAssets}
      </label>
      {error && <Problem error={error} onAgain={again} />}
      {chooses && asked?.reason != null && <p className="note">{shown(asked.reason)}</p>}
      {chooses && asked && known.length === 0 && <p className="soft small">{text.noAssets}</p>}
      {chosen !== "all" && (
        <ul className="check-list">
          {known.map((one) => (
            <li key={one.id}>
              <label className="check">
                <input type="checkbox" checked={chosen.includes(one.id)} onChange={() => onChange(toggled(chosen, one.id, ids))} />
                <span>
                  <Name text={one.name} /> <span className="soft small mono">{shown(`${one.channel} ${one.address}`)}</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}

function Channels({ draft, warned, onChange }: { draft: Draft; warned: boolean; onChange: (channels: Draft["channels"]) => void }): ReactNode {
  const chosen = draft.channels;
  const keepsApple = chosen === "all" || chosen.includes(APPLE);
  return (
    <fieldset className="manage-part">
      <legend>{text.channels}</legend>
      <label className="check">
        <input type="radio" name="channels" checked={chosen === "all"} onChange={() => onChange("all")} />
        {text.allChannels}
      </label>
      <label className="check">
        <input type="radio" name="channels" checked={chosen !== "all"} onChange={() => onChange([...CHANNELS])} />
        {text.chooseChannels}
      </label>
      {chosen !== "all" && (
        <ul className="check-list">
          {CHANNELS.map((one) => (
            <li key={one}>
              <label className="check">
                <input type="checkbox" checked={chosen.includes(one)} onChange={() => onChange(toggled(chosen, one, CHANNELS))} />
                {text.channel[one]}
              </label>
            </li>
          ))}
        </ul>
      )}
      <p className={keepsApple || warned ? "soft small" : "note"}>{text.keepApple}</p>
    </fieldset>
  );
}

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
      {stream.closedFor !== null && <p className="note">{text.closed(shown(stream.closedFor))}</p>}
      {stream.tenant?.mayStream === false && <p className="note">{shown(stream.tenant.reason ?? text.notEntitled)}</p>}
      {stream.lastError && <p className="note">{text.lastError(shown(stream.lastError.reason ?? ""), stream.lastError.attempts)}</p>}
    </>
  );
}

function Manage({ stream, onChanged }: { stream: Stream; onChanged: () => void }): ReactNode {
  const [edited, setEdited] = useState<Draft | null>(null);
  const draft = edited ?? draftOf(stream);
  const names = useAsked(listAuthorizations, "authorizations").value ?? [];
  const users = useAsked(listStreamUsers, "users");
  const saving = useAction();
  const testing = useAction();
  const [said, setSaid] = useState("");
  const changes = changesOf(stream, draft);
  const change = (part: Partial<Draft>) => setEdited({ ...draft, ...part });
  const empty = draft.assets.length === 0 || draft.channels.length === 0;
  const save = () =>
    void saving.run(async () => {
      await changeStream(stream.name, changes);
      setEdited(null);
      setSaid(strings.editor.saved);
      onChanged();
    });
  const test = () =>
    void testing.run(async () => {
      const { delivered, reason } = await testStream(stream.name);
      setSaid(delivered ? text.tested : text.notDelivered(shown(reason ?? "")));
      onChanged();
    });
  return (
    <article className="stream" aria-label={stream.title}>
      <header className="stream-head">
        <div>
          <h2>{shown(stream.title)}</h2>
          <p className="soft">
            {shown(stream.description)} {text.ofEnvironment(shown(stream.environment))}
          </p>
        </div>
        <label className="check">
          <input type="checkbox" role="switch" checked={draft.enabled} onChange={(event) => change({ enabled: event.target.checked })} />
          {draft.enabled ? text.isOn : text.isOff}
        </label>
      </header>
      <Figures stream={stream} />
      {stream.warnings.map((one) => (
        <p key={one} className="note">
          {shown(one)}
        </p>
      ))}
      <div className="manage">
        <Assets stream={stream} draft={draft} onChange={(assets) => change({ assets })} />
        <Channels draft={draft} warned={stream.warnings.length > 0} onChange={(channels) => change({ channels })} />
        <fieldset className="manage-part">
          <legend>{text.events}</legend>
          {stream.events.map((one) => (
            <label key={one} className="check">
              <input type="checkbox" checked disabled />
              {shown(one)}
            </label>
          ))}
          <p className="soft small">{text.eventsFixed}</p>
          <label className="field">
            <span className="field-label">{strings.form.authorization}</span>
            <select value={draft.authorization} onChange={(event) => change({ authorization: event.target.value })}>
              {!names.some((one) => one.name === draft.authorization) && <option value={draft.authorization}>{shown(draft.authorization)}</option>}
              {names.map((one) => (
                <option key={one.name} value={one.name}>
                  {shown(one.name)}
                </option>
              ))}
            </select>
          </label>
        </fieldset>
      </div>
      {saving.error && <Problem error={saving.error} onDismiss={saving.dismiss} />}
      {testing.error && <Problem error={testing.error} onDismiss={testing.dismiss} />}
      <div className="stream-actions">
        <Button look="primary" icon="save" disabled={Object.keys(changes).length === 0 || empty || saving.busy} onClick={save}>
          {strings.editor.save}
        </Button>
        {edited && Object.keys(changes).length > 0 && (
          <Button look="quiet" icon="undo" onClick={() => setEdited(null)}>
            {text.undo}
          </Button>
        )}
        <Button icon="bolt" disabled={testing.busy} onClick={test} title={text.testHelp}>
          {text.test}
        </Button>
        <span role="status" className="soft">
          {empty ? text.empty : said}
        </span>
      </div>
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
      {value?.map((one) => (
        <Manage key={one.name} stream={one} onChanged={again} />
      ))}
    </section>
  );
}
