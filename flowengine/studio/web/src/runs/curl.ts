import { isObject, textOf } from "../api/json";
import type { Json, JsonObject } from "../api/types";

/** Where a request would go, and how it would say who asks. */
export interface Sender {
  /** The address of the integration in the chosen environment; null where it has none. */
  baseUrl: string | null;
  authorization: string | null;
}

/** Quote a text for a POSIX shell, whatever is in it. */
export const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

const plain = (value: Json | undefined) => (typeof value === "string" ? value : JSON.stringify(value ?? ""));

const pairsOf = (query: Json | undefined): [string, string][] => (Array.isArray(query) ? query.flatMap((one): [string, string][] => (Array.isArray(one) && one.length === 2 ? [[plain(one[0]), plain(one[1])]] : [])) : []);

/** Return a request as a line for a shell. What it would prove who asks with is left out: `$TOKEN` stands there. */
export function curlOf(request: JsonObject, { baseUrl, authorization }: Sender): string {
  const target = textOf(request.target);
  const search = new URLSearchParams(pairsOf(request.query)).toString();
  const path = `${target}${search ? `${target.includes("?") ? "&" : "?"}${search}` : ""}`;
  const isWhole = /^https?:/.test(target);
  const address = isWhole ? quoted(path) : baseUrl?.startsWith("http") ? quoted(`${baseUrl}${path}`) : `"$BASE_URL"${quoted(path)}`;
  const headers = isObject(request.headers) ? Object.entries(request.headers) : [];
  const { body } = request;
  const parts = ["curl", "-X", quoted(textOf(request.method)), address];
  if (authorization !== null) parts.push("-H", '"Authorization: Bearer $TOKEN"');
  for (const [name, value] of headers) parts.push("-H", quoted(`${name}: ${plain(value)}`));
  if (body != null) {
    if (typeof body !== "string" && !headers.some(([name]) => name.toLowerCase() === "content-type")) parts.push("-H", quoted("Content-Type: application/json"));
    parts.push("--data-raw", quoted(typeof body === "string" ? body : JSON.stringify(body)));
  }
  return parts.join(" ");
}
