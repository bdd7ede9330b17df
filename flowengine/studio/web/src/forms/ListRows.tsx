import { useId, useState, type ReactNode } from "react";
import { isObject } from "../api/json";
import type { Json, Schema } from "../api/types";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import { useFilling } from "./filling";
import { useFreshFocus } from "./fresh";
import { begun, resolved } from "./values";
import { ValueInput, type ValueProps } from "./ValueInput";
import { YamlValue } from "./YamlValue";

const text = strings.rows;

/** A list: a row for each of its items. */
export function ListRows(props: ValueProps): ReactNode {
  const { path, schema, value, label, nested, references, onSet } = props;
  const { root, set } = useFilling();
  const base = useId();
  const [asYaml, setAsYaml] = useState(false);
  const [fresh, setFresh] = useState(-1);
  const list = Array.isArray(value) ? value : [];
  const items: Schema = isObject(schema.items) ? resolved(schema.items, root) : {};
  const write = (next: Json[]) => onSet(next.length === 0 && !nested ? undefined : next);
  const add = () => {
    setFresh(list.length);
    onSet([...list, begun(items)]);
  };
  if (asYaml) return <YamlValue {...props} onClose={() => setAsYaml(false)} />;
  return (
    <div className="rows" role="group" aria-label={label}>
      {list.map((item, number) => {
        const called = text.item(label, number + 1);
        return (
          <Item key={number} fresh={number === fresh}>
            <div className="row-value">
              <ValueInput id={`${base}-${number}`} label={called} path={[...path, number]} schema={items} value={item} references={references} nested onSet={(next) => (next === undefined ? write(list.toSpliced(number, 1)) : set([...path, number], next))} />
            </div>
            <div className="row-tools">
              <Button look="quiet" icon="up" label={text.earlier(called)} disabled={number === 0} onClick={() => write(list.toSpliced(number, 1).toSpliced(number - 1, 0, item))} />
              <Button look="quiet" icon="trash" label={text.take(called)} onClick={() => write(list.toSpliced(number, 1))} />
            </div>
          </Item>
        );
      })}
      <div className="rows-foot">
        <Button icon="plus" onClick={add}>
          {text.addItem}
        </Button>
        <Button look="quiet" icon="yaml" label={text.asYaml(label)} onClick={() => setAsYaml(true)} />
        {value !== undefined && list.length === 0 && <span className="soft small">{strings.form.emptyList}</span>}
      </div>
    </div>
  );
}

function Item({ fresh, children }: { fresh: boolean; children: ReactNode }): ReactNode {
  return (
    <div className="row row-item" ref={useFreshFocus(fresh)}>
      {children}
    </div>
  );
}
