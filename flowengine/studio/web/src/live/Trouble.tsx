import type { ReactNode } from "react";
import type { ApiError } from "../api/client";
import { Icon } from "../parts/icons";
import { Problem } from "../parts/Problem";
import { strings } from "../strings";

interface Props {
  lost: boolean;
  error: ApiError | null;
  onAgain: () => void;
}

/** Why what is followed does not go on: the server went away, or it answers and says no, as one does that was started again. */
export function Trouble({ lost, error, onAgain }: Props): ReactNode {
  if (error && (error.status !== 0 || !lost)) return <Problem error={error} onAgain={onAgain} />;
  if (!lost) return null;
  return (
    <p className="note lost" role="status">
      <Icon name="warning" /> {strings.live.lost}
    </p>
  );
}
