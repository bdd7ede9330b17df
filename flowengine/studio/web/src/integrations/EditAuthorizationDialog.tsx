import { useRef, useState, type SubmitEvent, type ReactNode } from "react";
import { changeAuthorization, type Authorization } from "../api/integrations";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { strings } from "../strings";
import { AuthorizationFields } from "./AuthorizationFields";
import { given, goesElsewhere, hasTokens, KINDS, valuesOf, type Field } from "./kinds";

const text = strings.authorizations;

/** Change what an authorization is set to, or give its new secret. Its name and kind are what flows rely on. */
export function EditAuthorizationDialog({ one, onChanged, onClose }: { one: Authorization; onChanged: (now: Authorization) => void; onClose: () => void }): ReactNode {
  const before = valuesOf(one);
  const [values, setValues] = useState(before);
  const [hasSecret, setHasSecret] = useState(false);
  const secret = useRef<HTMLInputElement>(null);
  const action = useAction();
  const { takes, needs } = KINDS[one.kind];
  const moves = goesElsewhere(before, values) && needs.includes("secret");
  const required: readonly Field[] = [...needs.filter((field) => field !== "secret"), ...(one.kind === "signing-secret" ? [] : (["hosts"] as const)), ...(hasTokens(one.kind) ? (["tokenUrl"] as const) : []), ...(one.kind === "authorization-code" ? (["authorizeUrl"] as const) : []), ...(moves ? (["secret"] as const) : [])];
  const needed = new Set(required);
  const differs = hasSecret || [...values].some(([field, value]) => value.trim() !== before.get(field));
  const complete = differs && required.every((field) => (field === "secret" ? hasSecret : (values.get(field) ?? "").trim() !== ""));
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (complete && !action.busy) void action.run(async () => onChanged(await changeAuthorization(one.name, given(one.kind, values, secret.current?.value ?? "", true))));
  };
  return (
    <Dialog title={text.editIt(shown(one.name))} onClose={onClose}>
      <form className="fields" onSubmit={onSubmit} autoComplete="off">
        <p className="soft small">{hasTokens(one.kind) ? text.editTokens : text.editPlain}</p>
        <AuthorizationFields fields={takes} kind={one.kind} needed={needed} values={values} onChange={setValues} secret={secret} onSecret={setHasSecret} secretHelp={moves ? text.secretMoves : text.secretKept} />
        {action.error && <Problem error={action.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look="primary" disabled={!complete || action.busy}>
            {strings.editor.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
