import { useEffect, useState, type ReactNode } from "react";
import { authorize, listAuthorizations, listStates, type Authorization, type AuthorizationList, type Deletion, type MissingName } from "../api/integrations";
import { replaceQuery, useRoute } from "../app/routes";
import { Button } from "../parts/Button";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { AddAuthorizationDialog } from "./AddAuthorizationDialog";
import { AuthorizationRow } from "./AuthorizationRow";
import { DeleteDialog } from "./DeleteDialog";
import { EditAuthorizationDialog } from "./EditAuthorizationDialog";
import { LoginDialog } from "./LoginDialog";
import { MissingNames } from "./MissingNames";
import { TestDialog } from "./TestDialog";

const text = strings.authorizations;
const LOOK = 2_000;

/** What is open on top of the page. */
type Open = { what: "add"; wanted: MissingName | null } | { what: "edit" | "test" | "delete"; name: string } | { what: "login"; name: string; url: string };

/** Look again and again at how authorizations are, and ask for all of it when one has changed. */
function useStates(list: AuthorizationList | null, again: () => void): void {
  const key = list && JSON.stringify(list.authorizations.map((one) => [one.name, one.state, one.reason, one.login.open, one.login.failed]));
  useEffect(() => {
    if (key === null) return;
    const look = () =>
      void listStates().then(
        (states) => {
          if (JSON.stringify(states.map(([name, one]) => [name, one.state, one.reason, one.login.open, one.login.failed])) !== key) again();
        },
        () => undefined, // it is asked again soon, and what is shown stays
      );
    const timer = window.setInterval(() => document.visibilityState === "visible" && look(), LOOK);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [key, again]);
}

const unknown = (name: string): MissingName => ({ name, state: "missing", deletedAt: null, environments: [], integration: null, kinds: [], uses: [], settings: [] });

/** What another page sends somebody here for: to add a name, or to authorize one. */
function useSent(list: AuthorizationList | null, onAdd: (wanted: MissingName) => void): void {
  const { query } = useRoute();
  const [add, name] = [query.get("add"), query.get("authorize")];
  useEffect(() => {
    if (!list || (add === null && name === null)) return;
    replaceQuery({ add: null, authorize: null });
    const has = (wanted: string | null) => list.authorizations.some((one) => one.name === wanted);
    if (add !== null && !has(add)) onAdd(list.missing.find((one) => one.name === add) ?? unknown(add));
    document.getElementById(`authorize ${name ?? add ?? ""}`)?.focus();
  }, [list, add, name, onAdd]);
}

interface OpenProps {
  open: Open;
  list: AuthorizationList;
  onAdded: (made: Authorization) => void;
  onChanged: (now: Authorization) => void;
  onDeleted: (name: string, gone: Deletion) => void;
  onAgain: (name: string) => void;
  onClose: () => void;
}

function OpenDialog({ open, list, onAdded, onChanged, onDeleted, onAgain, onClose }: OpenProps): ReactNode {
  if (open.what === "add") return <AddAuthorizationDialog wanted={open.wanted} known={list.authorizations.map((one) => one.name)} onAdded={onAdded} onClose={onClose} />;
  if (open.what === "login") return <LoginDialog key={open.url} name={open.name} url={open.url} onAgain={() => onAgain(open.name)} onClose={onClose} />;
  if (open.what === "delete") return <DeleteDialog name={open.name} onDone={(gone) => onDeleted(open.name, gone)} onClose={onClose} />;
  const one = list.authorizations.find((each) => each.name === open.name);
  if (!one) return null;
  if (open.what === "test") return <TestDialog one={one} onClose={onClose} />;
  return <EditAuthorizationDialog one={one} onChanged={onChanged} onClose={onClose} />;
}

/** Under whose name flows work with the services of others. */
export function AuthorizationsPart(): ReactNode {
  const { value, error, again } = useAsked(listAuthorizations, "authorizations");
  const [open, setOpen] = useState<Open | null>(null);
  const [said, setSaid] = useState("");
  const action = useAction();
  useStates(value, again);
  const [onAdd] = useState(() => (wanted: MissingName | null) => setOpen({ what: "add", wanted }));
  useSent(value, onAdd);
  const done = (sentence: string) => {
    setOpen(null);
    setSaid(sentence);
    again();
  };
  const begin = (name: string) =>
    void action.run(async () => {
      const { url } = await authorize(name);
      if (url === null) setSaid(text.isAuthorized(shown(name)));
      else setOpen({ what: "login", name, url });
      again();
    });
  const went = (sentence: (name: string) => string) => (now: Authorization) => {
    done(sentence(shown(now.name)));
    if (now.state === "pending") begin(now.name);
  };
  return (
    <section aria-label={strings.integrations.tab.authorizations}>
      <div className="part-bar">
        <p className="soft">{text.about}</p>
        <Button icon="plus" look={value?.missing.some((one) => one.state !== "sandbox") ? "plain" : "primary"} onClick={() => onAdd(null)}>
          {text.add}
        </Button>
      </div>
      {error && <Problem error={error} onAgain={again} />}
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
      <p className="said-line" role="status">
        {said}
      </p>
      {!value && !error && <p className="empty">{strings.common.loading}</p>}
      {value && (
        <>
          {value.unread.length > 0 && (
            <p className="note">
              {text.unread} <Name text={value.unread.join(", ")} mono />
            </p>
          )}
          <MissingNames title={text.missingTitle} names={value.missing.filter((one) => one.state !== "sandbox")} onAdd={onAdd} />
          {value.authorizations.length > 0 && (
            <section className="record-group">
              <h2>{text.keptTitle}</h2>
              <ul className="records" aria-label={text.keptTitle}>
                {value.authorizations.map((one) => (
                  <AuthorizationRow key={one.name} one={one} busy={action.busy} onAuthorize={() => begin(one.name)} onEdit={() => setOpen({ what: "edit", name: one.name })} onTest={() => setOpen({ what: "test", name: one.name })} onDelete={() => setOpen({ what: "delete", name: one.name })} />
                ))}
              </ul>
            </section>
          )}
          <MissingNames title={text.suppliedTitle} names={value.missing.filter((one) => one.state === "sandbox")} onAdd={onAdd} />
          {value.authorizations.length + value.missing.length === 0 && <p className="empty">{text.none}</p>}
        </>
      )}
      {open && value && <OpenDialog open={open} list={value} onAdded={went(text.added)} onChanged={went(text.changed)} onDeleted={(name, gone) => done(gone.revoked === false ? text.notRevoked(shown(name)) : text.deleted(shown(name)))} onAgain={begin} onClose={() => setOpen(null)} />}
    </section>
  );
}
