import { createContext } from "react";
import type { AuthorizationState } from "../api/integrations";
import type { NamedAuthorization } from "../api/studio";

/** By the name that flows say: what is stored under it, and cannot be used as it is. */
export type Refused = ReadonlyMap<string, Exclude<AuthorizationState, "authorized">>;

export const RefusedContext = createContext<Refused>(new Map());

/** Return the names that lead to something that cannot be used. What is not stored is none of them: a sandbox needs nothing. */
export function refusedOf(names: readonly NamedAuthorization[]): Refused {
  const found = new Map<string, Exclude<AuthorizationState, "authorized">>();
  for (const { name, state, environments } of names) {
    const states = environments.length > 0 ? environments.map((one) => one.state) : [state];
    for (const one of states) if (one !== null && one !== "authorized") found.set(name, one);
  }
  return found;
}
