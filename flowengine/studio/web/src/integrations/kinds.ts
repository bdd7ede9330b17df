import type { Authorization, AuthorizationKind, Given } from "../api/integrations";

export type Field = "hosts" | "clientId" | "secret" | "username" | "header" | "scopes" | "authorizeUrl" | "tokenUrl" | "revokeUrl";

/** What each kind takes; `needs` is what it does not work without. */
export const KINDS: Record<AuthorizationKind, { takes: readonly Field[]; needs: readonly Field[] }> = {
  "authorization-code": { takes: ["hosts", "authorizeUrl", "tokenUrl", "clientId", "secret", "scopes", "revokeUrl"], needs: [] },
  "client-credentials": { takes: ["hosts", "tokenUrl", "clientId", "secret", "scopes", "revokeUrl"], needs: ["clientId", "secret"] },
  bearer: { takes: ["hosts", "secret"], needs: ["secret"] },
  basic: { takes: ["hosts", "username", "secret"], needs: ["username", "secret"] },
  header: { takes: ["hosts", "header", "secret"], needs: ["header", "secret"] },
  "signing-secret": { takes: ["secret"], needs: ["secret"] },
};

export const ALL_KINDS = Object.keys(KINDS) as AuthorizationKind[];

/** As the server has it. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const LISTS: readonly Field[] = ["hosts", "scopes"];

export type Values = ReadonlyMap<Field, string>;

export const hasTokens = (kind: AuthorizationKind) => kind === "authorization-code" || kind === "client-credentials";

const words = (written: string) => written.split(/[\s,]+/).filter(Boolean);

/** Return what is sent: of the fields those that are written in; with `all`, empty ones as well, which clears them. */
export function given(kind: AuthorizationKind, values: Values, secret: string, all = false): Given {
  const body: Given = {};
  for (const field of KINDS[kind].takes) {
    const written = field === "secret" ? secret : (values.get(field) ?? "").trim();
    if (written === "" && (field === "secret" || !all)) continue;
    body[field] = LISTS.includes(field) ? words(written) : written;
  }
  return body;
}

/** Return what an authorization is set to, as a form has it. */
export function valuesOf(one: Authorization): Values {
  const { hosts, scopes, clientId, username, header, authorizeUrl, tokenUrl, revokeUrl } = one;
  const texts = { clientId, username, header, authorizeUrl, tokenUrl, revokeUrl, hosts: hosts.join(" "), scopes: scopes.join(" ") };
  return new Map(Object.entries(texts).map(([name, value]) => [name as Field, value ?? ""]));
}

const PLACES: readonly Field[] = ["hosts", "authorizeUrl", "tokenUrl", "revokeUrl"];

/** Whether something secret would be sent elsewhere than before. */
export const goesElsewhere = (before: Values, now: Values) => PLACES.some((one) => words(before.get(one) ?? "").join(" ") !== words(now.get(one) ?? "").join(" "));
