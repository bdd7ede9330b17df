import { useEffect, type ReactNode } from "react";
import type { ApiError } from "../api/client";
import { strings } from "../strings";
import { Button } from "./Button";
import { Icon } from "./icons";
import { Sentence } from "./Sentence";

const PAUSE_MS = 2_500;

/** What went wrong, and what to do. A server that cannot be reached is asked again by itself. */
export function Problem({ error, onAgain, onDismiss }: { error: ApiError; onAgain?: (() => void) | undefined; onDismiss?: () => void }): ReactNode {
  const waits = error.status === 0 && onAgain !== undefined;
  useEffect(() => {
    if (!waits) return;
    const timer = window.setTimeout(onAgain, PAUSE_MS);
    return () => window.clearTimeout(timer);
    // Each answer that does not come is an error of its own.
  }, [waits, error, onAgain]);
  return (
    <div className="problem" role="alert">
      <Icon name="warning" />
      <div className="problem-text">
        <p>
          <Sentence text={error.message} />
        </p>
        {error.hint !== null && <p className="soft">{error.hint}</p>}
        {waits && <p className="soft">{strings.errors.looksAgain}</p>}
      </div>
      {onAgain && (
        <Button look="quiet" onClick={onAgain}>
          {strings.common.again}
        </Button>
      )}
      {onDismiss && <Button icon="cross" look="quiet" label={strings.common.close} onClick={onDismiss} />}
    </div>
  );
}
