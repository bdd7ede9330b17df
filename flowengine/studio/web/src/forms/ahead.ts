import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isObject, own } from "../api/json";
import type { FlowForm, Json, JsonObject, NodeForm, Operation, Path } from "../api/types";

/** Do something to a text; whether it was done is what it comes to. */
export type Apply = (operations: Operation[], said: string) => Promise<boolean>;

interface Pending {
  operations: Operation[];
  done: boolean;
}

/** Return data with a value at a path, or without one where it is undefined. */
export function withValue(data: Json | undefined, path: Path, value: Json | undefined): Json {
  const [key, ...rest] = path;
  if (Array.isArray(data) && typeof key === "number") {
    if (rest.length > 0) return data.with(key, withValue(data[key], rest, value));
    return value === undefined ? data.toSpliced(key, 1) : data.toSpliced(key, 1, value);
  }
  const map = isObject(data) ? data : {};
  const next = rest.length > 0 ? withValue(own(map, String(key)), rest, value) : value;
  const kept = Object.entries(map).map(([name, one]) => [name, name === String(key) ? next : one] as const);
  const all = Object.hasOwn(map, String(key)) ? kept : [...kept, [String(key), next] as const];
  return Object.fromEntries(all.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined));
}

function renamedKey(data: Json | undefined, path: Path, to: string): Json {
  const [key, ...rest] = path;
  if (rest.length > 0 && Array.isArray(data) && typeof key === "number") return data.with(key, renamedKey(data[key], rest, to));
  const entries = Object.entries(isObject(data) ? data : {});
  return Object.fromEntries(entries.map(([name, one]) => (name !== key ? [name, one] : rest.length > 0 ? [name, renamedKey(one, rest, to)] : [to, one])));
}

/** Return what a node or a flow will have once operations are done. */
export function foreseenIn(data: JsonObject, operations: readonly Operation[], node: string | null): JsonObject {
  let now: Json = data;
  for (const one of operations) {
    if (one.op === "set" && one.node === node && !("yaml" in one)) now = withValue(now, one.path, one.remove ? undefined : one.value);
    else if (one.op === "rename-key" && one.node === node) now = renamedKey(now, one.path, one.to);
    else if (one.op === "rename-variable" && node === null) now = renamedKey(renamedKey(now, ["variables", one.name], one.to), ["inputs", one.name], one.to);
  }
  return isObject(now) ? now : data;
}

/**
 * Keep what is being done until the form has it: what one does next is done to that, and not to what was before. What
 * is refused is forgotten.
 */
function usePending(form: unknown, apply: Apply): [readonly Operation[], Apply] {
  const [pending, setPending] = useState<readonly Pending[]>([]);
  const known = useRef(form);
  useEffect(() => {
    if (known.current !== form) setPending((all) => all.filter((one) => !one.done));
    known.current = form;
  }, [form]);
  const applied = useCallback<Apply>(
    async (operations, said) => {
      const one: Pending = { operations, done: false };
      setPending((all) => [...all, one]);
      const made = await apply(operations, said);
      if (made) one.done = true;
      else setPending((all) => all.filter((other) => other !== one));
      return made;
    },
    [apply],
  );
  return [useMemo(() => pending.flatMap((one) => one.operations), [pending]), applied];
}

/** The form of a node as it will be, and how it is changed. */
export function useNodeAhead(form: NodeForm | null, apply: Apply): [NodeForm | null, Apply] {
  const [operations, applied] = usePending(form, apply);
  const ahead = useMemo(() => {
    if (form === null || operations.length === 0) return form;
    const { inputs = {}, ...values } = foreseenIn({ ...form.node_values, inputs: form.values }, operations, form.node);
    return { ...form, values: isObject(inputs) ? inputs : {}, node_values: values };
  }, [form, operations]);
  return [ahead, applied];
}

/** The form of the flow as it will be, and how it is changed. */
export function useFlowAhead(form: FlowForm | null, apply: Apply): [FlowForm | null, Apply] {
  const [operations, applied] = usePending(form, apply);
  const ahead = useMemo(() => {
    if (form === null || operations.length === 0) return form;
    const { defaults = {}, ...values } = foreseenIn({ ...form.values, defaults: form.defaults }, operations, null);
    return { ...form, values, defaults: isObject(defaults) ? defaults : {} };
  }, [form, operations]);
  return [ahead, applied];
}
