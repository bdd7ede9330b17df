import { useId, useState, type ReactNode } from "react";
import { isObject, textOf } from "../api/json";
import type { Json, JsonObject, NodeForm, Operation, Path, Reference } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { ReferenceInput } from "./ReferenceInput";
import { conditionJson, conditionsOf, newRowName, operandOf, operandText, OPERATORS, whenJson, type Condition, type Conditions } from "./rows";

const text = strings.rows;
const ROWS: Path = ["inputs", "rows"];
const EMPTY = { value: "$()", operator: "equals", operand: "" };

export interface RowActions {
  set: (path: Path, value: Json | undefined) => void;
  apply: (operations: Operation[], said: string) => void;
}

interface TextProps {
  label: string;
  value: string;
  references?: readonly Reference[];
  mono?: boolean;
  onSet: (value: string) => void;
}

/** A text that is set when one leaves it or presses Enter. */
function TextInput({ label, value, references = [], mono = false, onSet }: TextProps): ReactNode {
  const id = useId();
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null);
  const current = draft?.of === value ? draft.text : value;
  return (
    <div className="row-text">
      <label className="sr" htmlFor={id}>
        {label}
      </label>
      <ReferenceInput id={id} value={current} references={references} onChange={(now) => setDraft({ text: now, of: value })} onCommit={() => current !== value && onSet(current)} mono={mono} placeholder={label} />
    </div>
  );
}

interface ConditionProps {
  condition: Condition;
  references: readonly Reference[];
  /** Which row and condition it is, for those who cannot see. */
  name: string;
  onSet: (condition: JsonObject) => void;
  onRemove: (() => void) | null;
}

function ConditionRow({ condition, references, name, onSet, onRemove }: ConditionProps): ReactNode {
  const { value, operator, operand } = condition;
  const operators = OPERATORS.includes(operator) ? OPERATORS : [...OPERATORS, operator];
  const change = (now: Partial<Condition>) => onSet(conditionJson({ ...condition, ...now }));
  const choose = (next: string) => change({ operator: next, operand: next === "exists" ? true : typeof operand === "boolean" && operator === "exists" ? "" : operand });
  return (
    <div className="condition" role="group" aria-label={name}>
      <TextInput label={text.value} value={operandText(value)} references={references} onSet={(now) => change({ value: now })} />
      <select aria-label={text.operator} value={operator} onChange={(event) => choose(event.target.value)}>
        {operators.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      {operator === "exists" ? (
        <select aria-label={text.operand} value={operandText(operand)} onChange={(event) => change({ operand: event.target.value === "true" })}>
          <option value="true">{text.exists}</option>
          <option value="false">{text.existsNot}</option>
        </select>
      ) : (
        <TextInput label={text.operand} value={operandText(operand)} references={references} onSet={(now) => change({ operand: operandOf(now, operator) })} />
      )}
      {onRemove && <Button icon="cross" look="quiet" label={text.removeCondition(name)} onClick={onRemove} />}
    </div>
  );
}

interface RowProps {
  row: JsonObject;
  number: number;
  conditions: Conditions;
  form: NodeForm;
  actions: RowActions;
  children: ReactNode;
}

function Row({ row, number, conditions, form, actions, children }: RowProps): ReactNode {
  const at: Path = [...ROWS, number];
  const name = textOf(row.name);
  const { mode, list } = conditions;
  const rename = (to: string) => {
    const target = form.outcomes.find((one) => one.name === name && !one.default)?.to;
    const edges: Operation[] = target == null ? [] : [{ op: "disconnect", node: form.node, outcome: name }, { op: "connect", node: form.node, outcome: to, to: target }];
    actions.apply([{ op: "set", node: form.node, path: [...at, "name"], value: to }, ...edges], strings.done.set(to));
  };
  const write = (next: readonly Condition[], how = mode ?? "all") => actions.set([...at, "when"], whenJson(next, how));
  return (
    <li className="branch-row">
      <div className="branch-row-head">
        <TextInput label={text.name} value={name} onSet={rename} />
        {children}
      </div>
      {list.length > 1 && (
        <select aria-label={text.mode} value={mode ?? "all"} onChange={(event) => write(list, event.target.value === "any" ? "any" : "all")}>
          <option value="all">{text.all}</option>
          <option value="any">{text.any}</option>
        </select>
      )}
      {list.map((condition, index) => (
        <ConditionRow
          key={index}
          condition={condition}
          references={form.references}
          name={text.condition(shown(name), index + 1)}
          onSet={(now) => actions.set([...at, ...condition.at], now)}
          onRemove={list.length > 1 ? () => write(list.filter((one) => one !== condition)) : null}
        />
      ))}
      <Button look="quiet" icon="plus" onClick={() => write([...list, { at: [], ...EMPTY }])}>
        {text.addCondition}
      </Button>
    </li>
  );
}

/** The rows of a branch, each with its conditions. Return null where they are written in another way. */
export function rowsOf(value: Json | undefined): { row: JsonObject; conditions: Conditions }[] | null {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return null;
  const rows = value.map((row) => {
    const conditions = isObject(row) ? conditionsOf(row.when) : null;
    return isObject(row) && conditions ? { row, conditions } : null;
  });
  return rows.includes(null) ? null : rows.flatMap((row) => row ?? []);
}

export function BranchRows({ rows, form, actions }: { rows: NonNullable<ReturnType<typeof rowsOf>>; form: NodeForm; actions: RowActions }): ReactNode {
  const values = rows.map(({ row }) => row);
  const names = values.map((row) => textOf(row.name));
  const move = (from: number, to: number) => {
    const [row] = values.slice(from, from + 1);
    if (row) actions.set(ROWS, values.toSpliced(from, 1).toSpliced(to, 0, row));
  };
  const add = () => {
    const row = { name: newRowName(names, text.newName), when: conditionJson(EMPTY) };
    if (values.length > 0) actions.set([...ROWS, values.length], row);
    else actions.set(ROWS, [row]);
  };
  return (
    <div className="branch-rows">
      <h4>{text.title}</h4>
      <ol>
        {rows.map(({ row, conditions }, number) => (
          <Row key={number} row={row} number={number} conditions={conditions} form={form} actions={actions}>
            <Button look="quiet" icon="up" label={text.up(shown(names[number] ?? ""))} disabled={number === 0} onClick={() => move(number, number - 1)} />
            <Button look="quiet" icon="down" label={text.down(shown(names[number] ?? ""))} disabled={number === rows.length - 1} onClick={() => move(number, number + 1)} />
            <Button look="quiet" icon="trash" label={text.remove(shown(names[number] ?? ""))} disabled={rows.length === 1} onClick={() => actions.set([...ROWS, number], undefined)} />
          </Row>
        ))}
      </ol>
      <Button icon="plus" onClick={add}>
        {text.add}
      </Button>
    </div>
  );
}
