import type { ReactNode } from "react";
import type { ApiError } from "../api/client";
import { strings } from "../strings";
import { Button } from "./Button";
import { Icon } from "./icons";
import { Sentence } from "./Sentence";

/** What went wrong, and what to do. */
export function Problem({ error, onAgain, onDismiss }: { error: ApiError; onAgain?: () => void; onDismiss?: () => void }): ReactNode {
  return (
    <div className="problem" role="alert">
      <Icon name="warning" />
      <div className="problem-text">
        <p>
          <Sentence text={error.message} />
        </p>
        {error.hint !== null && <p className="soft">{error.hint}</p>}
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
