import type { ReactNode } from "react";
import type { Json } from "../api/types";
import { shown } from "./Name";

function leaf(value: null | boolean | number | string): ReactNode {
  if (typeof value === "string") return <span className="json-text">{JSON.stringify(shown(value.slice(0, 4000)))}</span>;
  return <span className="json-word">{String(value)}</span>;
}

function entries(value: Json): [string, Json][] {
  if (Array.isArray(value)) return value.map((one, number) => [String(number), one]);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** A JSON value as a tree, opened to some depth. Everything in it is text. */
export function JsonView({ value, depth = 3 }: { value: Json; depth?: number }): ReactNode {
  if (typeof value !== "object" || value === null) return <span className="json">{leaf(value)}</span>;
  const parts = entries(value);
  if (parts.length === 0) return <span className="json json-word">{Array.isArray(value) ? "[]" : "{}"}</span>;
  return (
    <ul className="json">
      {parts.map(([key, one]) => (
        <li key={key}>
          {typeof one === "object" && one !== null && entries(one).length > 0 ? (
            <details open={depth > 0}>
              <summary>
                <span className="json-key">{shown(key)}</span> <span className="soft small">{Array.isArray(one) ? `[${one.length}]` : `{${Object.keys(one).length}}`}</span>
              </summary>
              <JsonView value={one} depth={depth - 1} />
            </details>
          ) : (
            <>
              <span className="json-key">{shown(key)}</span> <JsonView value={one} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
