import { useSyncExternalStore } from "react";

/** What the address says: `#/flows/sms-inbound/dry-run?step=3` is a path of three parts and a query. */
export interface Route {
  path: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function link(path: readonly string[], query: Record<string, string | null | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] != null && entry[1] !== "");
  const search = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

export function go(target: string): void {
  window.location.hash = target.slice(1);
}

function changed(changes: Record<string, string | null>): string {
  const { path, query } = parse(window.location.hash);
  const next = new Map(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  return link(path, Object.fromEntries(next));
}

/** Change the query of the address; the way back leads to what it was. */
export const pushQuery = (changes: Record<string, string | null>) => go(changed(changes));

/** Keep something in the query of the address that the page knows already. Return whether it was not there. */
export function noteQuery(changes: Record<string, string | null>): boolean {
  const target = changed(changes);
  if (target === window.location.hash) return false;
  window.history.replaceState(null, "", target);
  return true;
}

/** Change the query of the address without a new entry in the history. */
export function replaceQuery(changes: Record<string, string | null>): void {
  if (noteQuery(changes)) window.dispatchEvent(new HashChangeEvent("hashchange"));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

let last: { hash: string; route: Route } | null = null;

function current(): Route {
  const hash = window.location.hash;
  if (last?.hash !== hash) last = { hash, route: parse(hash) };
  return last.route;
}

export const useRoute = () => useSyncExternalStore(subscribe, current);
