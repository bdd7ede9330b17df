import { strings } from "../strings";
import { own } from "./json";

const BASE = new URL("api/", document.baseURI);

/** An answer that is not what was asked for. `body` is the whole of it, for those who know more of its shape. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null,
    readonly body: unknown,
  ) {
    super(message);
  }
}

/** A list is sent as the same name several times. */
export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

function address(path: string, query: Query): URL {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? value : [value];
    for (const one of values) if (one != null && one !== "") url.searchParams.append(name, String(one));
  }
  return url;
}

async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return text === "" ? null : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

function errorOf(status: number, body: unknown): ApiError {
  if (status === 401) return new ApiError(status, "signed-out", strings.errors.signedOut, strings.errors.signedOutHint, body);
  const error = own((body ?? {}) as Record<string, unknown>, "error") as
    | { code?: string; message?: string; hint?: string | null }
    | undefined;
  return new ApiError(status, error?.code ?? "", error?.message ?? strings.errors.status(status), error?.hint ?? null, body);
}

/** Ask the server. Throws ApiError; status 0 where it cannot be reached. */
export async function ask<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  options: { body?: unknown; query?: Query; signal?: AbortSignal } = {},
): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address(path, options.query ?? {}), {
      method,
      credentials: "same-origin",
      headers: options.body === undefined ? {} : { "Content-Type": "application/json" },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", strings.errors.unreachable, strings.errors.unreachableHint, null);
  }
  const body = await readJson(answer);
  if (!answer.ok) throw errorOf(answer.status, body);
  return body as T;
}

const AGAIN = 1_000;

/**
 * Follow what happens on the server; `onEvent` gets the name of an event and its data. Where the server goes away, it is
 * asked again until it is back; `onReach` hears of both. Ends with the function that is returned.
 */
export function follow(path: string, names: readonly string[], onEvent: (name: string, data: unknown) => void, onReach?: (reached: boolean) => void): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  const open = () => {
    source = new EventSource(new URL(path, BASE));
    for (const name of names) source.addEventListener(name, (event: MessageEvent<string>) => onEvent(name, JSON.parse(event.data) as unknown));
    source.onopen = () => onReach?.(true);
    source.onerror = () => {
      source?.close();
      onReach?.(false);
      timer = window.setTimeout(open, AGAIN);
    };
  };
  open();
  return () => {
    window.clearTimeout(timer);
    source?.close();
  };
}

/** Put a name of the data into a path. */
export const part = encodeURIComponent;
