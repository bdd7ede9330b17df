import { useEffect, type ReactNode } from "react";
import { listStates } from "../api/integrations";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Icon } from "../parts/icons";
import { shown } from "../parts/Name";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.authorizations;
const LOOK = 1_000;

/** The browser is sent nowhere but to a page of the web. */
function loginAddress(url: string): URL | null {
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : null;
}

function Waiting({ url }: { url: string }): ReactNode {
  const address = loginAddress(url);
  return (
    <>
      <p>{text.loginHelp}</p>
      {address !== null && (
        <p>
          <a className="button button-primary" href={address.href} target="_blank" rel="noopener noreferrer">
            <Icon name="external" /> {text.openLogin(address.host)}
          </a>
        </p>
      )}
      <p className="soft" role="status">
        {text.waitsForLogin}
      </p>
    </>
  );
}

interface Props {
  name: string;
  url: string;
  onAgain: () => void;
  onClose: () => void;
}

/** Wait for somebody who logs in at the service, in another tab. */
export function LoginDialog({ name, url, onAgain, onClose }: Props): ReactNode {
  const { value, again } = useAsked(listStates, url);
  const one = value?.find(([known]) => known === name)?.[1];
  const isOpen = one === undefined || one.login.open;
  useEffect(() => {
    if (!isOpen) return;
    const timer = window.setInterval(again, LOOK);
    return () => window.clearInterval(timer);
  }, [isOpen, again]);
  const failed = one?.login.failed ?? null;
  return (
    <Dialog title={text.login(shown(name))} onClose={onClose}>
      {isOpen && <Waiting url={url} />}
      {!isOpen && failed === null && (
        <p role="status" className="good-note">
          <Icon name="check" /> {text.isAuthorized(shown(name))}
        </p>
      )}
      {!isOpen && failed !== null && (
        <p role="alert" className="note">
          {text.loginFailed(shown(failed))}
        </p>
      )}
      <div className="dialog-actions">
        {failed !== null && (
          <Button look="primary" onClick={onAgain}>
            {strings.common.again}
          </Button>
        )}
        <Button onClick={onClose}>{strings.common.close}</Button>
      </div>
    </Dialog>
  );
}
