import { useState, type ComponentType, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { strings } from "../strings";
import { Problem } from "./Problem";
import { useAsked } from "./useAsked";

const unreachable = () => new ApiError(0, "unreachable", strings.errors.unreachable, strings.errors.unreachableHint, null);

/** A page, or a `part` of one, whose code comes when it is first shown, and is asked for again where the server did not give it. */
export function late<P extends object>(load: () => Promise<ComponentType<P>>, of: "page" | "part" = "page"): ComponentType<P> {
  let found: ComponentType<P> | null = null;
  const get = async () => {
    try {
      found = await load();
      return { page: found };
    } catch {
      throw unreachable();
    }
  };
  function Coming(props: P): ReactNode {
    const { value, error, again } = useAsked(get, "");
    if (value) return <value.page {...props} />;
    if (!error) return <p className="empty">{strings.common.loading}</p>;
    return (
      <>
        {of === "page" && <h1 className="sr">{strings.brand}</h1>}
        <Problem error={error} onAgain={again} />
      </>
    );
  }
  return function Late(props: P): ReactNode {
    const [Known] = useState(() => found);
    return Known ? <Known {...props} /> : <Coming {...props} />;
  };
}
