import type { ReactNode } from "react";
import type { Declaration, Json, Operation, Path, Reference } from "../api/types";
import { strings } from "../strings";
import { MapRows } from "./MapRows";

interface Props {
  id: string;
  label: string;
  path: Path;
  value: Json | undefined;
  variables: readonly Declaration[];
  references: readonly Reference[];
  onSet: (value: Json | undefined) => void;
}

/** Variables that are written: each asked for as it is declared. One that is not yet is declared with it. */
export function SetRows({ id, label, path, value, variables, references, onSet }: Props): ReactNode {
  const types = Object.fromEntries(variables.map((one) => [one.name, one.type === null ? {} : { type: one.type }]));
  const declare = (name: string): Operation[] => (Object.hasOwn(types, name) ? [] : [{ op: "set", node: null, path: ["variables", name], value: "" }]);
  return (
    <MapRows
      id={id}
      label={label}
      path={path}
      schema={{ additionalProperties: {} }}
      value={value}
      references={references}
      names={variables.map((one) => one.name)}
      typed={types}
      addLabel={strings.form.setVariable}
      onAdd={declare}
      onSet={onSet}
    />
  );
}
