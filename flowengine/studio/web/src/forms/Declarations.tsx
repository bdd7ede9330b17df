import { useId, useState, type ReactNode } from "react";
import { isObject, own, textOf } from "../api/json";
import type { FlowForm, Json, JsonObject } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { Field } from "./Field";
import { useFilling } from "./filling";
import { AddRow, KeyInput } from "./MapRows";
import { kindOf, turned, type Kind } from "./values";

const text = strings.declarations;
const TYPES = ["string", "number", "integer", "boolean", "object", "array"] as const;
const NONE: readonly never[] = [];
const KINDS: Record<string, Kind> = { string: "text", number: "number", integer: "number", boolean: "boolean", object: "map", array: "list" };
const TYPE_OF: Record<Kind, string> = { text: "string", number: "number", boolean: "boolean", list: "array", map: "object", nothing: "string" };

type Part = "variables" | "inputs";

export interface Declared {
  type: string | null;
  value: Json | undefined;
  description: string;
}

/** Read a declaration: a default value by itself, or what is said of it. */
export function declaredOf(written: Json | undefined): Declared {
  if (isObject(written) && Object.hasOwn(written, "type")) return { type: textOf(written.type) || null, value: own(written, "default"), description: textOf(written.description) };
  return { type: null, value: written ?? undefined, description: "" };
}

/** Write a declaration in the shortest way that says it. */
export function declarationOf({ type, value, description }: Declared): Json {
  if (type === null && description === "" && value !== undefined) return value;
  const kind = type ?? (value === undefined ? "string" : TYPE_OF[kindOf(value)]);
  const said: JsonObject = { type: kind };
  if (value !== undefined) said.default = value;
  if (description !== "") said.description = description;
  return said;
}

/** Return the default as a value of another type; it goes where nothing of it would be left. */
function asType(value: Json | undefined, type: string | null): Json | undefined {
  const kind = type === null ? undefined : KINDS[type];
  if (kind === undefined) return value ?? "";
  if (value === undefined || kindOf(value) === kind) return value;
  return value === "" || value === null ? undefined : turned(value, kind);
}

function Row({ name, written, part, form }: { name: string; written: Json; part: Part; form: FlowForm }): ReactNode {
  const { set, apply } = useFilling();
  const id = useId();
  const [open, setOpen] = useState(false);
  const path = [part, name];
  const declared = declaredOf(written);
  const { type, value, description } = declared;
  const uses = own(form.uses, name) ?? [];
  const called = shown(name);
  const change = (now: Partial<Declared>) => set(path, declarationOf({ ...declared, ...now }));
  return (
    <li className="branch-row declaration">
      <div className="branch-row-head">
        <KeyInput label={text.name(called)} value={name} onSet={(to) => apply([{ op: "rename-variable", name, to }], strings.done.renamed(to))} describedBy={`${id}-uses`} />
        <select aria-label={text.typeOf(called)} value={type ?? ""} onChange={(event) => change({ type: event.target.value || null, value: asType(value, event.target.value || null) })}>
          {(part === "variables" || type === null) && <option value="" disabled={description !== ""}>{text.any}</option>}
          {TYPES.map((one) => (
            <option key={one} value={one}>
              {strings.form.types(one)}
            </option>
          ))}
        </select>
        <Button look="quiet" icon={open ? "down" : "right"} label={text.more(called)} aria-expanded={open} onClick={() => setOpen(!open)} />
        <Button look="quiet" icon="trash" label={text.remove(called)} onClick={() => set(path, undefined)} />
      </div>
      <Field path={type === null ? path : [...path, "default"]} name="default" title={text.value(called)} schema={type === null ? {} : { type }} value={value} references={NONE} onSet={(next) => (type === null && next !== undefined ? set(path, next) : change({ value: next, type: type ?? (next === undefined ? "string" : null) }))} />
      {(open || description !== "") && <Field path={[...path, "description"]} name="description" title={text.descriptionOf(called)} schema={{ type: "string" }} value={description || undefined} references={NONE} onSet={(next) => change({ description: textOf(next), type: type ?? (value === undefined ? "string" : TYPE_OF[kindOf(value)]) })} />}
      <p id={`${id}-uses`} className={uses.length > 0 || !open ? "field-help" : "field-doubt"} hidden={!open}>
        {uses.length > 0 ? text.uses(shown(uses.join(", "))) : text.unused}
      </p>
    </li>
  );
}

/** The variables of a flow, or its inputs: what each is called, of which type, and what it begins with. */
export function Declarations({ part, form }: { part: Part; form: FlowForm }): ReactNode {
  const { set } = useFilling();
  const value = own(form.values, part);
  const declared = Object.entries(isObject(value) ? value : {});
  const title = text.titles[part];
  return (
    <section className="form-part" aria-label={title}>
      <h3>{title}</h3>
      <p className="field-help">{text.help[part]}</p>
      <ul className="branch-rows">
        {declared.map(([name, written]) => (
          <Row key={name} name={name} written={written} part={part} form={form} />
        ))}
      </ul>
      <AddRow label={text.add[part]} taken={Object.keys(form.uses)} names={[]} onAdd={(name) => set([part, name], { type: "string" })} />
    </section>
  );
}
