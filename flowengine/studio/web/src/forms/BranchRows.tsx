import { useId, type ReactNode } from "react";
import { isObject, textOf } from "../api/json";
import type { Json, JsonObject, NodeForm, Operation, Path } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { ConditionList } from "./ConditionList";
import { findingsAt, useFilling } from "./filling";
import { KeyInput } from "./MapRows";
import { FieldProblems } from "./Problems";
import { conditionJson, conditionsOf, goneOutcome, renamedOutcome, type Conditions } from "./rows";
import { freeName } from "./values";
import { YamlValue } from "./YamlValue";

const text = strings.branch;
const ROWS: Path = ["inputs", "rows"];

interface RowProps {
  row: JsonObject;
  number: number;
  names: readonly string[];
  form: NodeForm;
  children: ReactNode;
}

function Row({ row, number, names, form, children }: RowProps): ReactNode {
  const { set, apply, findings } = useFilling();
  const id = useId();
  const path: Path = [...ROWS, number];
  const name = textOf(row.name);
  const conditions = conditionsOf(row.when);
  const wrong = findingsAt(findings, form.node, path);
  const rename = (to: string) => apply([{ op: "set", node: form.node, path: [...path, "name"], value: to }, ...(names.filter((one) => one === name).length === 1 ? renamedOutcome(form, name, to) : [])], strings.done.set(to));
  return (
    <li className={`branch-row${wrong.length > 0 ? " is-bad" : ""}`}>
      <div className="branch-row-head">
        <KeyInput label={text.name} value={name} onSet={rename} describedBy={`${id}-bad`} />
        {children}
      </div>
      {conditions ? (
        <ConditionList conditions={conditions} path={[...path, "when"]} references={form.references} name={shown(name)} choice first={form.references[0]?.text ?? ""} onSet={set} />
      ) : (
        <YamlValue id={`${id}-when`} label={text.when(shown(name))} path={[...path, "when"]} schema={{}} value={row.when} onSet={() => undefined} />
      )}
      <FieldProblems id={`${id}-bad`} findings={wrong} />
    </li>
  );
}

/** Return what a new row judges: what the row above does. */
function judged(conditions: Conditions | null, form: NodeForm): Json {
  return conditions?.list.at(-1)?.value ?? form.references[0]?.text ?? "";
}

/** The rows of a branch, each with its conditions. One that is written in another way is shown as text. */
export function BranchRows({ value, form }: { value: Json | undefined; form: NodeForm }): ReactNode {
  const { set, apply } = useFilling();
  const values = Array.isArray(value) ? value : [];
  const rows = values.map((row) => (isObject(row) ? row : {}));
  const names = rows.map((row) => textOf(row.name));
  const move = (from: number, to: number) => {
    const [row] = values.slice(from, from + 1);
    if (row !== undefined) set(ROWS, values.toSpliced(from, 1).toSpliced(to, 0, row));
  };
  const add = () => {
    const row = { name: freeName(names, text.newName, names.length + 1), when: conditionJson({ value: judged(conditionsOf(rows.at(-1)?.when), form), operator: "equals", operand: "" }) };
    if (values.length > 0) set([...ROWS, values.length], row);
    else set(ROWS, [row]);
  };
  const remove = (number: number) => {
    const gone: Operation[] = names.filter((one) => one === names[number]).length === 1 ? goneOutcome(form, names[number] ?? "") : [];
    apply([{ op: "set", node: form.node, path: [...ROWS, number], value: null, remove: true }, ...gone], strings.done.removed(shown(names[number] ?? "")));
  };
  return (
    <div className="branch-rows">
      <ol>
        {rows.map((row, number) => {
          const name = shown(names[number] ?? "");
          return (
            <Row key={number} row={row} number={number} names={names} form={form}>
              <Button look="quiet" icon="up" label={text.up(name)} disabled={number === 0} onClick={() => move(number, number - 1)} />
              <Button look="quiet" icon="down" label={text.down(name)} disabled={number === rows.length - 1} onClick={() => move(number, number + 1)} />
              <Button look="quiet" icon="trash" label={text.remove(name)} disabled={rows.length === 1} onClick={() => remove(number)} />
            </Row>
          );
        })}
      </ol>
      <Button icon="plus" onClick={add}>
        {text.add}
      </Button>
    </div>
  );
}
