import type { ReactNode } from "react";
import { link } from "../app/routes";
import { usePageTitle } from "../parts/usePageTitle";
import { strings } from "../strings";
import { AuthorizationsPart } from "./AuthorizationsPart";
import { EventsPart } from "./EventsPart";
import { NodePart } from "./NodePart";
import { NodesPart } from "./NodesPart";
import { StreamsPart } from "./StreamsPart";

const text = strings.integrations;

type Tab = "authorizations" | "streams" | "events" | "nodes";

const TABS: readonly Tab[] = ["authorizations", "streams", "events", "nodes"];

function Part({ tab, name }: { tab: Tab; name: string | undefined }): ReactNode {
  if (tab === "streams") return <StreamsPart />;
  if (tab === "events") return <EventsPart />;
  if (tab === "nodes") return name === undefined ? <NodesPart /> : <NodePart key={name} name={name} />;
  return <AuthorizationsPart />;
}

/** What flows work with: under whose name, what is handed on, what came in, and which nodes there are. */
export function IntegrationsPage({ tab, name }: { tab: string | undefined; name: string | undefined }): ReactNode {
  const here = TABS.find((one) => one === tab) ?? "authorizations";
  usePageTitle(...(name === undefined ? [] : [name]), text.tab[here], strings.places.integrations);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{strings.places.integrations}</h1>
        <nav className="views" aria-label={text.parts}>
          {TABS.map((one) => (
            <a key={one} href={link(one === "authorizations" ? ["integrations"] : ["integrations", one])} aria-current={one === here ? "page" : undefined}>
              {text.tab[one]}
            </a>
          ))}
        </nav>
      </div>
      <Part tab={here} name={name} />
    </div>
  );
}
