import { useEffect, useMemo } from "react";
import { listAuthorizationNames, type NamedAuthorization } from "../api/studio";
import { refusedOf, type Refused } from "../canvas/refused";
import { useAsked } from "../parts/useAsked";

const NO_NAMES: readonly NamedAuthorization[] = [];

/** What a flow can name, asked again when one comes back: a login is in another tab. */
export function useAuthorizations(): { authorizations: readonly NamedAuthorization[]; refused: Refused } {
  const { value, again } = useAsked(listAuthorizationNames, "authorizations");
  useEffect(() => {
    window.addEventListener("focus", again);
    return () => window.removeEventListener("focus", again);
  }, [again]);
  const authorizations = value ?? NO_NAMES;
  return { authorizations, refused: useMemo(() => refusedOf(authorizations), [authorizations]) };
}
