import type { ReactNode } from "react";
import { Icon } from "../parts/icons";
import { strings } from "../strings";

/** The server went away; what is shown is what it said last. */
export function Lost(): ReactNode {
  return (
    <p className="note lost" role="status">
      <Icon name="warning" /> {strings.live.lost}
    </p>
  );
}
