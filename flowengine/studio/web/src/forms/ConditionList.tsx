import { useId, type ReactNode } from "react";
import type { Json, JsonObject, Path, Reference } from "../api/types";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import { conditionJson, operandFor, operandSchema, OPERATORS, whenJson, type Condition, type Conditions } from "./rows";
import { TextValue, ValueInput } from "./ValueInput";

const text = strings.conditions;

interface RowProps {
  condition: Condition;
  path: Path;
  references: readonly Reference[];
  /** Which one it is, for those who cannot see. */
  name: string;
  onSet: (condition: JsonObject) => void;
  onRemove: (() => void) | null;
}

function ConditionRow({ condition, path, references, name, onSet, onRemove }: RowProps): ReactNode {
  const id = useId();
  const { value, operator, operand } = condition;
  const chosen = operator === "exists" && operand === false ? "exists:false" : operator;
  const change = (now: Partial<Condition>) => onSet(conditionJson({ ...condition, ...now }));
  const choose = (next: string) => change({ operator: next.replace(":false", ""), operand: operandFor(next, operand) });
  return (
    <div className="condition" role="group" aria-label={name}>
      <div className="condition-value">
        <TextValue id={`${id}-value`} label={text.value} path={[...path, "value"]} schema={{}} value={value} references={references} nested onSet={(now) => now !== undefined && change({ value: now })} />
      </div>
      <select aria-label={text.operator} value={chosen} onChange={(event) => choose(event.target.value)}>
        {[...new Set<string>([...OPERATORS, chosen])].map((one) => (
          <option key={one} value={one}>
            {text.words(one)}
          </option>
        ))}
      </select>
      {onRemove && <Button icon="cross" look="quiet" label={text.remove(name)} onClick={onRemove} />}
      {operator !== "exists" && (
        <div className="condition-operand">
          <ValueInput id={`${id}-operand`} label={text.operand} path={[...path, operator]} schema={operandSchema(operator, value, references)} value={operand} references={references} nested onSet={(now) => now !== undefined && change({ operand: now })} />
        </div>
      )}
    </div>
  );
}

interface Props {
  conditions: Conditions;
  /** Where they are written. */
  path: Path;
  references: readonly Reference[];
  name: string;
  /** Whether one of them can be enough; else all have to hold, and they are a list. */
  choice?: boolean;
  /** What a new one judges. */
  first?: Json;
  onSet: (path: Path, value: Json | undefined) => void;
}

/** Conditions: what is judged, how, and with what it is compared. */
export function ConditionList({ conditions, path, references, name, choice = false, first = "", onSet }: Props): ReactNode {
  const { mode, list } = conditions;
  const write = (next: readonly Condition[], how = mode ?? "all") => onSet(path, next.length === 0 ? undefined : whenJson(next, how, !choice));
  const added: Condition = { at: [], value: list.at(-1)?.value ?? first, operator: "equals", operand: "" };
  return (
    <>
      {choice && list.length > 1 && (
        <select aria-label={text.mode} value={mode ?? "all"} onChange={(event) => write(list, event.target.value === "any" ? "any" : "all")}>
          <option value="all">{text.all}</option>
          <option value="any">{text.any}</option>
        </select>
      )}
      {list.map((condition, index) => (
        <ConditionRow
          key={index}
          condition={condition}
          path={[...path, ...condition.at]}
          references={references}
          name={text.condition(name, index + 1)}
          onSet={(now) => onSet([...path, ...condition.at], now)}
          onRemove={!choice || list.length > 1 ? () => write(list.filter((one) => one !== condition)) : null}
        />
      ))}
      <Button look="quiet" icon="plus" onClick={() => write([...list, added])}>
        {list.length === 0 ? text.addFirst : text.add}
      </Button>
    </>
  );
}
