import { useId, useState, type ReactNode } from "react";
import { deleteAuthorization, type Deletion } from "../api/integrations";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { Users } from "./Users";

const text = strings.authorizations;

/** Delete an authorization: first say whom that breaks, and have its name typed where it breaks somebody. */
export function DeleteDialog({ name, onDone, onClose }: { name: string; onDone: (said: Deletion) => void; onClose: () => void }): ReactNode {
  const asked = useAsked(() => deleteAuthorization(name, true), name);
  const action = useAction();
  const [typed, setTyped] = useState("");
  const id = useId();
  const found = asked.value;
  const isUsed = found !== null && found.usedBy.length + found.settings.length > 0;
  const mayDelete = found !== null && (!isUsed || typed === name) && !action.busy;
  return (
    <Dialog title={text.deleteIt(shown(name))} onClose={onClose}>
      {asked.error && <Problem error={asked.error} onAgain={asked.again} />}
      {!found && !asked.error && <p className="soft">{strings.common.loading}</p>}
      {found && !isUsed && <p>{text.nobodyUses}</p>}
      {found && isUsed && (
        <>
          <p>{text.wouldBreak(found.usedBy.length, found.settings.length)}</p>
          <div className="dialog-list">
            <Users uses={found.usedBy} settings={found.settings} />
          </div>
        </>
      )}
      {found && found.unread.length > 0 && (
        <p className="note">
          {text.unread} <Name text={found.unread.join(", ")} mono />
        </p>
      )}
      {found && <p className="soft small">{text.deleteHelp}</p>}
      {isUsed && (
        <div className="field">
          <label className="field-label" htmlFor={id}>
            {text.typeName(name)}
          </label>
          <input id={id} className="mono" value={typed} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
        </div>
      )}
      {action.error && <Problem error={action.error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{text.keep}</Button>
        <Button look="danger" icon="trash" disabled={!mayDelete} onClick={() => void action.run(async () => onDone(await deleteAuthorization(name, false)))}>
          {text.delete}
        </Button>
      </div>
    </Dialog>
  );
}
