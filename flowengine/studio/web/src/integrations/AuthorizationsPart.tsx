import { useEffect, useState, type ReactNode } from "react";
import { authorize, deleteAuthorization, listAuthorizations, type Authorization, type Deletion, type Use } from "../api/integrations";
import { link } from "../app/routes";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Icon, type IconName } from "../parts/icons";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { AddAuthorizationDialog } from "./AddAuthorizationDialog";

const text = strings.authorizations;
const LOOK = 2_000;
const ICONS: Record<Authorization["state"], IconName> = { pending: "clock", authorized: "check", expired: "warning", "needs re-authorization": "warning" };

function Users({ uses }: { uses: readonly Use[] }): ReactNode {
  const flows = new Map<string, Use[]>();
  for (const use of uses) flows.set(use.flow, [...(flows.get(use.flow) ?? []), use]);
  return (
    <ul className="inline-list">
      {[...flows].map(([flow, list]) => (
        <li key={flow}>
          <a href={link(["flows", flow], { node: list[0]?.node })}>
            <Name text={flow} />
          </a>{" "}
          <span className="soft small">{text.nodes(list.length)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The browser is sent nowhere but to a page of the web. */
function loginAddress(url: string): string | null {
  return /^https?:\/\//i.test(url) ? url : null;
}

function LoginDialog({ name, url, state, onClose }: { name: string; url: string; state: Authorization["state"] | undefined; onClose: () => void }): ReactNode {
  const address = loginAddress(url);
  return (
    <Dialog title={text.login(shown(name))} onClose={onClose}>
      {state === "authorized" ? (
        <p role="status" className="good-note">
          <Icon name="check" /> {text.isAuthorized(shown(name))}
        </p>
      ) : (
        <>
          <p>{text.loginHelp}</p>
          {address !== null && (
            <p>
              <a className="button button-primary" href={address} target="_blank" rel="noopener noreferrer">
                <Icon name="external" /> {text.openLogin(new URL(address).host)}
              </a>
            </p>
          )}
          <p className="soft" role="status">
            {text.waitsForLogin}
          </p>
        </>
      )}
      <div className="dialog-actions">
        <Button onClick={onClose}>{strings.common.close}</Button>
      </div>
    </Dialog>
  );
}

function DeleteDialog({ name, onDone, onClose }: { name: string; onDone: (said: Deletion) => void; onClose: () => void }): ReactNode {
  const asked = useAsked(() => deleteAuthorization(name, true), name);
  const action = useAction();
  return (
    <Dialog title={text.deleteIt(shown(name))} onClose={onClose}>
      {asked.error && <Problem error={asked.error} />}
      {!asked.value && !asked.error && <p className="soft">{strings.common.loading}</p>}
      {asked.value && (asked.value.usedBy.length === 0 ? <p>{text.nobodyUses}</p> : <p>{text.wouldBreak(asked.value.usedBy.length)}</p>)}
      {asked.value && asked.value.usedBy.length > 0 && (
        <ul className="side-list">
          {asked.value.usedBy.map((use) => (
            <li key={`${use.path} ${use.node}`}>
              <a href={link(["flows", use.flow], { node: use.node })}>
                <Name text={use.flow} />
              </a>
              <span className="mono small">
                <Name text={use.node} />
              </span>
              <span className="soft small">
                <Name text={use.environments.join(", ")} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {action.error && <Problem error={action.error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{text.keep}</Button>
        <Button look="danger" icon="trash" disabled={!asked.value || action.busy} onClick={() => void action.run(async () => onDone(await deleteAuthorization(name, false)))}>
          {text.delete}
        </Button>
      </div>
    </Dialog>
  );
}

interface RowProps {
  one: Authorization;
  busy: boolean;
  onAuthorize: () => void;
  onDelete: () => void;
}

function Row({ one, busy, onAuthorize, onDelete }: RowProps): ReactNode {
  return (
    <li className="record">
      <div className="record-main">
        <h2 className="mono">
          <Name text={one.name} />
        </h2>
        <span className={`status-pill ${one.state === "authorized" ? "succeeded" : one.state === "pending" ? "waiting" : "failed"}`}>
          <Icon name={ICONS[one.state]} size={13} />
          {text.state[one.state]}
        </span>
        <span className="soft">{text.kind[one.kind]}</span>
        {one.integration !== null && <span className="pill">{shown(one.integration)}</span>}
      </div>
      {one.reason !== null && <p className="note">{shown(one.reason)}</p>}
      <dl className="facts facts-row">
        {one.hosts.length > 0 && (
          <div>
            <dt>{text.hosts}</dt>
            <dd>
              <Name text={one.hosts.join(", ")} mono />
            </dd>
          </div>
        )}
        {one.scopes.length > 0 && (
          <div>
            <dt>{text.scopes}</dt>
            <dd>
              <Name text={one.scopes.join(" ")} mono />
            </dd>
          </div>
        )}
        {one.expiresAt !== null && (
          <div>
            <dt>{text.expires}</dt>
            <dd>
              <Moment at={one.expiresAt} />
            </dd>
          </div>
        )}
        <div>
          <dt>{text.lastUsed}</dt>
          <dd>{one.lastUsedAt === null ? text.never : <Moment at={one.lastUsedAt} />}</dd>
        </div>
        <div>
          <dt>{text.usedBy}</dt>
          <dd>{one.uses.length === 0 ? text.noFlow : <Users uses={one.uses} />}</dd>
        </div>
      </dl>
      <div className="record-actions">
        {one.kind === "authorization-code" || one.kind === "client-credentials" ? (
          <Button icon="key" look={one.state === "authorized" ? "plain" : "primary"} disabled={busy} onClick={onAuthorize} aria-label={text.authorizeIt(one.state === "authorized" ? text.again : text.authorize, shown(one.name))}>
            {one.state === "authorized" ? text.again : text.authorize}
          </Button>
        ) : null}
        <Button icon="trash" look="quiet" onClick={onDelete} label={text.deleteIt(shown(one.name))} />
      </div>
    </li>
  );
}

/** Under whose name flows work with the services of others. */
export function AuthorizationsPart(): ReactNode {
  const { value, error, again } = useAsked(listAuthorizations, "authorizations");
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState<string | null>(null);
  const [login, setLogin] = useState<{ name: string; url: string } | null>(null);
  const [said, setSaid] = useState("");
  const action = useAction();
  useEffect(() => {
    if (!login) return;
    const timer = window.setInterval(again, LOOK);
    return () => window.clearInterval(timer);
  }, [login, again]);
  const begin = (name: string) =>
    void action.run(async () => {
      const { url } = await authorize(name);
      if (url === null) setSaid(text.isAuthorized(shown(name)));
      else setLogin({ name, url });
      again();
    });
  return (
    <section aria-label={strings.integrations.tab.authorizations}>
      <div className="part-bar">
        <p className="soft">{text.about}</p>
        <Button icon="plus" look="primary" onClick={() => setAdding(true)}>
          {text.add}
        </Button>
      </div>
      {error && <Problem error={error} onAgain={again} />}
      {action.error && <Problem error={action.error} onDismiss={action.dismiss} />}
      <p className="said-line" role="status">
        {said}
      </p>
      {value && value.length > 0 && (
        <ul className="records" aria-label={strings.integrations.tab.authorizations}>
          {value.map((one) => (
            <Row key={one.name} one={one} busy={action.busy} onAuthorize={() => begin(one.name)} onDelete={() => setDeleting(one.name)} />
          ))}
        </ul>
      )}
      {value?.length === 0 && <p className="empty">{text.none}</p>}
      {!value && !error && <p className="empty">{strings.common.loading}</p>}
      {adding && (
        <AddAuthorizationDialog
          onAdded={(made) => {
            setAdding(false);
            setSaid(text.added(shown(made.name)));
            again();
            if (made.state === "pending") begin(made.name);
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {deleting !== null && (
        <DeleteDialog
          name={deleting}
          onDone={(gone) => {
            setSaid(gone.revoked === false ? text.notRevoked(shown(deleting)) : text.deleted(shown(deleting)));
            setDeleting(null);
            again();
          }}
          onClose={() => setDeleting(null)}
        />
      )}
      {login && <LoginDialog name={login.name} url={login.url} state={value?.find((one) => one.name === login.name)?.state} onClose={() => setLogin(null)} />}
    </section>
  );
}
