import { useId, useState, type ReactNode } from "react";
import { isObject, own, textOf } from "../api/json";
import type { Json, JsonObject, Operation, Schema } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { useFilling } from "./filling";
import { useFreshFocus } from "./fresh";
import { useDraft } from "./useDraft";
import { begun, resolved, schemaOf } from "./values";
import { ValueInput, type ValueProps } from "./ValueInput";
import { YamlValue } from "./YamlValue";

const text = strings.rows;

interface Props extends ValueProps {
  /** Names that may be given. */
  names?: readonly string[];
  /** What is said of keys that the schema does not list. */
  typed?: Record<string, Schema>;
  /** What else is to be done when a key is called otherwise, or goes. */
  onRename?: (from: string, to: string) => Operation[];
  onRemove?: (name: string) => Operation[];
  onAdd?: (name: string) => Operation[];
  addLabel?: string;
}

/** Return what a schema lists, and says to be needed. */
function listed(schema: Schema): { names: string[]; needed: string[] } {
  const needed = Array.isArray(schema.required) ? schema.required.filter((one) => typeof one === "string") : [];
  return { names: isObject(schema.properties) ? Object.keys(schema.properties) : [], needed };
}

function innerOf(schema: Schema, typed: Record<string, Schema> | undefined, name: string, root: Schema): Schema {
  return own(typed, name) ?? resolved(schemaOf(schema, name), root);
}

/** A map: a row for each key, those that the schema lists under their titles. */
export function MapRows(props: Props): ReactNode {
  const { path, schema, value, label, nested, onSet, names = [], typed, onRename, onRemove, onAdd, addLabel } = props;
  const { node, root, apply } = useFilling();
  const [asYaml, setAsYaml] = useState(false);
  const [fresh, setFresh] = useState<string | null>(null);
  const map = isObject(value) ? value : {};
  const { names: known, needed } = listed(schema);
  const open = schema.additionalProperties !== false;
  const given = Object.keys(map);
  const shownNames = [...new Set([...known.filter((name) => needed.includes(name) || given.includes(name)), ...given])];
  const others = known.filter((name) => !shownNames.includes(name));
  const put = (name: string, next: Json | undefined): Operation[] => {
    if (next !== undefined) return [isObject(value) ? { op: "set", node, path: [...path, name], value: next } : { op: "set", node, path, value: { [name]: next } }];
    const last = given.length === 1 && !nested;
    return [last ? { op: "set", node, path, value: null, remove: true } : { op: "set", node, path: [...path, name], value: null, remove: true }];
  };
  const set = (name: string, next: Json | undefined) => apply(put(name, next), strings.done.set(shown([...path, name].join("."))));
  const add = (name: string) => {
    setFresh(name);
    apply([...(onAdd?.(name) ?? []), ...put(name, begun(innerOf(schema, typed, name, root)))], strings.done.set(name));
  };
  const rename = (from: string, to: string) => apply([{ op: "rename-key", node, path: [...path, from], to }, ...(onRename?.(from, to) ?? [])], strings.done.renamed(to));
  if (asYaml) return <YamlValue {...props} onClose={() => setAsYaml(false)} />;
  return (
    <div className="rows" role="group" aria-label={label}>
      {shownNames.map((name) => (
        <MapRow
          key={name}
          {...props}
          name={name}
          known={known.includes(name)}
          needed={needed.includes(name)}
          map={map}
          fresh={fresh === name}
          onSet={(next) => set(name, next)}
          onRename={(to) => rename(name, to)}
          onRemove={() => apply([...put(name, undefined), ...(onRemove?.(name) ?? [])], strings.done.removed(shown(name)))}
        />
      ))}
      <div className="rows-foot">
        {(open || others.length > 0) && <AddRow label={addLabel ?? text.addTo(label)} taken={given} names={[...others, ...names.filter((name) => !given.includes(name))]} only={!open} onAdd={add} />}
        <Button look="quiet" icon="yaml" label={text.asYaml(label)} onClick={() => setAsYaml(true)} />
        {value !== undefined && given.length === 0 && <span className="soft small">{strings.form.emptyMap}</span>}
        {nested || value === undefined || given.length > 0 ? null : <Button look="quiet" icon="cross" label={strings.form.clear(label)} onClick={() => onSet(undefined)} />}
      </div>
    </div>
  );
}

interface RowProps extends Omit<Props, "onRename" | "onRemove"> {
  name: string;
  known: boolean;
  needed: boolean;
  map: JsonObject;
  fresh: boolean;
  onRename: (to: string) => void;
  onRemove: () => void;
}

function MapRow({ name, known, needed, map, fresh, path, schema, typed, references, label, onSet, onRename, onRemove }: RowProps): ReactNode {
  const { root } = useFilling();
  const id = useId();
  const inner = innerOf(schema, typed, name, root);
  const there = Object.hasOwn(map, name);
  const called = `${label}: ${shown(name)}`;
  const row = useFreshFocus(fresh);
  return (
    <div className="row" ref={row}>
      <div className="row-head">
        {known ? (
          <label className={needed ? "row-key is-required" : "row-key"} htmlFor={id} title={textOf(inner.description) || undefined}>
            {shown(textOf(inner.title) || name)}
          </label>
        ) : (
          <KeyInput label={text.nameOf(called)} value={name} onSet={onRename} />
        )}
        {there && <Button look="quiet" icon="trash" label={text.take(called)} onClick={onRemove} />}
      </div>
      <div className="row-value">
        <ValueInput id={id} label={called} labelled={known} path={[...path, name]} schema={inner} value={there ? map[name] : undefined} references={references} nested={there && !known} required={needed} onSet={onSet} />
      </div>
    </div>
  );
}

/** The name of a row, which is called otherwise when one leaves it. */
export function KeyInput({ label, value, onSet, describedBy }: { label: string; value: string; onSet: (value: string) => void; describedBy?: string }): ReactNode {
  const [draft, setDraft] = useDraft(value);
  const current = draft ?? value;
  const commit = () => {
    if (current !== value && current.trim() !== "") onSet(current.trim());
    setDraft(null);
  };
  return (
    <input
      className="mono key-input"
      data-settled={current === value}
      aria-label={label}
      aria-describedby={describedBy}
      value={current}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter" || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s")) commit();
        if (event.key === "Escape" && draft !== null) {
          setDraft(null);
          event.stopPropagation();
        }
      }}
    />
  );
}

interface AddProps {
  label: string;
  taken: readonly string[];
  names: readonly string[];
  /** Whether there can be no others than these. */
  only?: boolean;
  onAdd: (name: string) => void;
}

/** A new row: its name first. */
export function AddRow({ label, taken, names, only = false, onAdd }: AddProps): ReactNode {
  const [name, setName] = useState("");
  const id = useId();
  const wrong = name.trim() === "" || taken.includes(name.trim());
  const add = () => {
    if (wrong) return;
    onAdd(name.trim());
    setName("");
  };
  if (only) {
    return (
      <select aria-label={label} value="" onChange={(event) => event.target.value && onAdd(event.target.value)}>
        <option value="">{label}</option>
        {names.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
  }
  return (
    <div className="add-row">
      <input list={names.length > 0 ? id : undefined} className="mono" aria-label={label} placeholder={label} value={name} spellCheck={false} autoComplete="off" onChange={(event) => setName(event.target.value)} onKeyDown={(event) => event.key === "Enter" && add()} />
      {names.length > 0 && (
        <datalist id={id}>
          {names.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      <Button icon="plus" label={label} disabled={wrong} onClick={add} />
    </div>
  );
}
