import type { ReactNode } from "react";
import type { Authorization } from "../api/integrations";
import { Button } from "../parts/Button";
import { Icon, type IconName } from "../parts/icons";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { Sentence } from "../parts/Sentence";
import { strings } from "../strings";
import { hasTokens } from "./kinds";
import { FoldedUsers } from "./Users";

const text = strings.authorizations;
const ICONS: Record<Authorization["state"], IconName> = { pending: "clock", authorized: "check", expired: "warning", "needs re-authorization": "warning" };
const LOOKS: Record<Authorization["state"], string> = { pending: "waiting", authorized: "succeeded", expired: "failed", "needs re-authorization": "failed" };

/** What the state means, and what to do. */
function Meaning({ one }: { one: Authorization }): ReactNode {
  if (one.login.open) return <p className="note">{text.loginOpen}</p>;
  if (one.state === "pending") return <p className="note">{one.login.failed === null ? text.pendingHelp[one.kind === "authorization-code" ? "login" : "token"] : text.loginFailed(shown(one.login.failed))}</p>;
  if (one.state === "expired") return <p className="note">{text.expiredHelp}</p>;
  if (one.state === "authorized") return null;
  return (
    <p className="note">
      {hasTokens(one.kind) ? text.refusedHelp : text.refusedSecretHelp} {one.reason !== null && <Sentence text={one.reason} />}
    </p>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Facts({ one }: { one: Authorization }): ReactNode {
  return (
    <dl className="facts facts-row">
      {one.hosts.length > 0 && (
        <Fact name={text.hosts}>
          <Name text={one.hosts.join(", ")} mono />
        </Fact>
      )}
      {one.scopes.length > 0 && (
        <Fact name={text.scopes}>
          <Name text={one.scopes.join(" ")} mono />
        </Fact>
      )}
      {one.expiresAt !== null && one.state !== "pending" && (
        <Fact name={text.token}>
          {one.state === "expired" ? text.ended : text.ends} <Moment at={one.expiresAt} />
          {one.state === "authorized" && <>, {one.renews ? text.renews : text.renewsNot}</>}
        </Fact>
      )}
      <Fact name={text.lastUsed}>{one.lastUsedAt === null ? text.never : <Moment at={one.lastUsedAt} />}</Fact>
      <Fact name={text.usedBy}>
        <FoldedUsers uses={one.uses} settings={one.settings} />
      </Fact>
    </dl>
  );
}

interface Props {
  one: Authorization;
  busy: boolean;
  onAuthorize: () => void;
  onEdit: () => void;
  onTest: () => void;
  onDelete: () => void;
}

/** An authorization: how it is, who uses it, and what can be done with it. */
export function AuthorizationRow({ one, busy, onAuthorize, onEdit, onTest, onDelete }: Props): ReactNode {
  const name = shown(one.name);
  const works = one.state === "authorized";
  const does = hasTokens(one.kind) ? (works ? text.again : text.authorize) : text.newSecret;
  return (
    <li className="record">
      <div className="record-main">
        <h2 className="mono">
          <Name text={one.name} />
        </h2>
        <span className={`status-pill ${LOOKS[one.state]}`}>
          <Icon name={ICONS[one.state]} size={13} />
          {text.state[one.state]}
        </span>
        <span className="soft">{text.kind[one.kind]}</span>
        {one.integration !== null && (
          <span className="pill">
            <Name text={one.integration} />
          </span>
        )}
      </div>
      <Meaning one={one} />
      <Facts one={one} />
      <div className="record-actions">
        <Button id={`authorize ${one.name}`} icon="key" look={works ? "plain" : "primary"} disabled={busy} onClick={hasTokens(one.kind) ? onAuthorize : onEdit} aria-label={text.doesIt(does, name)}>
          {does}
        </Button>
        {one.kind !== "signing-secret" && (
          <Button icon="bolt" onClick={onTest} aria-label={text.testIt(name)}>
            {text.test}
          </Button>
        )}
        {one.kind !== "signing-secret" && <Button icon="update" look="quiet" onClick={onEdit} label={text.editIt(name)} />}
        <Button icon="trash" look="quiet" onClick={onDelete} label={text.deleteIt(name)} />
      </div>
    </li>
  );
}
