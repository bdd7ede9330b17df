import { createContext, useContext, useState, type ReactNode } from "react";
import { isObject, own, textOf } from "../api/json";
import type { Json, JsonObject } from "../api/types";
import { Button } from "../parts/Button";
import { JsonView } from "../parts/JsonView";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { curlOf } from "./curl";

/** The addresses of integrations in the environment that was chosen. */
export const Addresses = createContext<Readonly<Record<string, string>>>({});

const isEmpty = (value: Json | undefined) => value == null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

/** The line for a shell that does the same: to look at, and to copy. */
function Curl({ line }: { line: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
  };
  return (
    <details className="curl">
      <summary>{strings.run.curl}</summary>
      <pre className="mono">{line}</pre>
      <Button look="quiet" {...(copied ? { icon: "check" as const } : {})} onClick={() => void copy()}>
        {copied ? strings.run.copied : strings.run.copy}
      </Button>
    </details>
  );
}

interface Props {
  request: JsonObject;
  integration?: string | null | undefined;
  authorization?: string | null | undefined;
}

/** What was sent, or would be: redacted, as the server tells it. */
export function RequestView({ request, integration, authorization }: Props): ReactNode {
  const addresses = useContext(Addresses);
  const { method, url, target, path, ...rest } = request;
  const where = textOf([url, target, path].find((one) => typeof one === "string"));
  const shownRest = Object.fromEntries(Object.entries(rest).filter(([name, value]) => name !== "attempt" && !isEmpty(value)));
  return (
    <>
      <p className="mono request-line">
        <strong>{shown(textOf(method))}</strong> <Name text={where} />
      </p>
      {Object.keys(shownRest).length > 0 && <JsonView value={shownRest} depth={2} />}
      {isObject(request) && <Curl line={curlOf({ ...request, target: where }, { baseUrl: integration == null ? null : (own(addresses, integration) ?? null), authorization: authorization ?? null })} />}
    </>
  );
}
