import type { ReactNode } from "react";
import { askTenant, listStates, type Stream } from "../api/integrations";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { Sentence } from "../parts/Sentence";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import type { Draft } from "./changes";

const text = strings.streams;
const CHANNELS = ["sms", "messenger", "whatsapp", "email", "livechat", "apple"] as const;
const APPLE = "apple";

const toggled = (list: string[], one: string, all: readonly string[]) => (list.includes(one) ? list.filter((each) => each !== one) : all.filter((each) => each === one || list.includes(each)));

/** Of which of the tenant's addresses events are handed on. */
export function Assets({ stream, draft, onChange }: { stream: Stream; draft: Draft; onChange: (assets: Draft["assets"]) => void }): ReactNode {
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
      {chooses && asked?.reason != null && (
        <p className="note">
          <Sentence text={asked.reason} />
        </p>
      )}
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

/** Of which channels. */
export function Channels({ draft, warned, onChange }: { draft: Draft; warned: boolean; onChange: (channels: Draft["channels"]) => void }): ReactNode {
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

/** Which events, and under which name they go out. */
export function EventsAndName({ stream, draft, onChange }: { stream: Stream; draft: Draft; onChange: (authorization: string) => void }): ReactNode {
  const names = (useAsked(listStates, "states").value ?? []).map(([name]) => name);
  return (
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
        <select value={draft.authorization} onChange={(event) => onChange(event.target.value)}>
          {!names.includes(draft.authorization) && <option value={draft.authorization}>{shown(draft.authorization)}</option>}
          {names.map((one) => (
            <option key={one} value={one}>
              {shown(one)}
            </option>
          ))}
        </select>
        <span className="field-help">{text.machine}</span>
      </label>
    </fieldset>
  );
}
