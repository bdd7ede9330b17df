import { useId, useState, type ReactNode } from "react";
import type { NamedAuthorization } from "../api/studio";
import { textOf } from "../api/json";
import type { Json, Path } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { findingsAt, useFilling } from "./filling";
import { FieldProblems } from "./Problems";

const text = strings.authorization;
const ANOTHER = "\u0000";

interface Props {
  path: Path;
  value: Json | undefined;
  names: readonly NamedAuthorization[];
  help: string;
  /** What is used where nothing is said. */
  inherited?: string | undefined;
}

/** The name of an authorization: one of those that there are, or another one. Where it leads is told. */
export function AuthorizationField({ path, value, names, help, inherited }: Props): ReactNode {
  const id = useId();
  const { node, set, findings } = useFilling();
  const written = textOf(value);
  const [draft, setDraft] = useState<string | null>(null);
  const known = names.find((one) => one.name === (written || inherited));
  const wrong = findingsAt(findings, node, path);
  const all = [...new Set([...names.map((one) => one.name), ...(written ? [written] : [])])];
  const choose = (chosen: string) => {
    if (chosen === ANOTHER) setDraft("");
    else set(path, chosen || undefined);
  };
  const commit = () => {
    if (draft) set(path, draft);
    setDraft(null);
  };
  return (
    <div className="field" data-field={path.join(".")}>
      <div className="field-head">
        <label className="field-label" htmlFor={id}>
          {text.title}
        </label>
      </div>
      {draft === null ? (
        <select id={id} value={written} aria-describedby={`${id}-help`} onChange={(event) => choose(event.target.value)}>
          <option value="">{inherited ? text.inherited(shown(inherited)) : strings.form.notGiven}</option>
          {all.map((name) => (
            <option key={name} value={name}>
              {shown(name)}
            </option>
          ))}
          <option value={ANOTHER}>{text.another}</option>
        </select>
      ) : (
        <div className="add-row">
          <input id={id} ref={(element) => element?.focus()} value={draft} placeholder={text.name} aria-describedby={`${id}-help`} autoComplete="off" spellCheck={false} onChange={(event) => setDraft(event.target.value)} onBlur={commit} onKeyDown={(event) => event.key === "Enter" && commit()} />
          <Button icon="check" label={text.take} onClick={commit} />
        </div>
      )}
      <div id={`${id}-help`} className="field-help">
        {written || inherited ? (
          <ul>
            {(known?.environments ?? []).map((one) => (
              <li key={one.name}>{text.leads(shown(one.name), shown(one.to), one.state)}</li>
            ))}
            {known?.environments.length === 0 && <li>{known.state === null ? text.unknown : text.stored(known.state)}</li>}
            {!known && <li>{text.unknown}</li>}
          </ul>
        ) : (
          help
        )}
      </div>
      <FieldProblems id={`${id}-bad`} findings={wrong} />
    </div>
  );
}
