import type { ReactNode } from "react";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import { useFilling } from "./filling";
import { ReferenceInput } from "./ReferenceInput";
import { useDraft } from "./useDraft";
import type { ValueProps } from "./ValueInput";
import { yamlOf } from "./yaml";

/** A value as the text that it is in the file. */
export function YamlValue({ id, label, path, value, references, onClose }: ValueProps & { onClose?: () => void }): ReactNode {
  const { node, apply, references: all } = useFilling();
  const written = value === undefined ? "" : yamlOf(value);
  const [draft, setDraft] = useDraft(written);
  const current = draft ?? written;
  const commit = () => {
    if (current !== written && current.trim() !== "") apply([{ op: "set", node, path, yaml: current }], strings.done.set(path.join(".")));
  };
  return (
    <div className="yaml-value">
      <ReferenceInput id={id} label={strings.rows.asYaml(label)} called={label} value={current} references={references ?? all} look="code" mono onChange={setDraft} onCommit={commit} />
      {onClose && (
        <Button look="quiet" icon="variable" onClick={onClose}>
          {strings.rows.asRows}
        </Button>
      )}
    </div>
  );
}
