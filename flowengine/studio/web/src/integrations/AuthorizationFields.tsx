import type { ReactNode, RefObject } from "react";
import type { AuthorizationKind } from "../api/integrations";
import { strings } from "../strings";
import type { Field, Values } from "./kinds";

const text = strings.authorizations;

interface Props {
  fields: readonly Field[];
  kind: AuthorizationKind;
  needed: ReadonlySet<Field>;
  values: Values;
  onChange: (values: Values) => void;
  /** What is secret is in its field and nowhere else: no state of the page and no attribute has it. */
  secret: RefObject<HTMLInputElement | null>;
  onSecret: (isGiven: boolean) => void;
  secretHelp?: string;
}

/** The fields of a kind of authorization. */
export function AuthorizationFields({ fields, kind, needed, values, onChange, secret, onSecret, secretHelp = "" }: Props): ReactNode {
  return fields.map((field) => {
    const isSecret = field === "secret";
    const help = isSecret ? secretHelp || text.secretHelp[kind] : text.fieldHelp[field];
    return (
      <label key={`${kind} ${field}`} className="field">
        <span className={needed.has(field) ? "field-label is-required" : "field-label"}>{isSecret ? text.secret[kind] : text.field[field]}</span>
        {isSecret ? (
          <input ref={secret} className="mono" type="password" autoComplete="new-password" spellCheck={false} maxLength={16_384} onChange={(event) => onSecret(event.target.value !== "")} />
        ) : (
          <input className="mono" type="text" autoComplete="off" spellCheck={false} maxLength={2_000} value={values.get(field) ?? ""} onChange={(event) => onChange(new Map([...values, [field, event.target.value]]))} />
        )}
        {help !== "" && <span className="field-help">{help}</span>}
      </label>
    );
  });
}
