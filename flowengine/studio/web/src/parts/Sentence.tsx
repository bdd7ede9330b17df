import type { ReactNode } from "react";
import { link } from "../app/routes";
import { strings } from "../strings";
import { shown } from "./Name";
import { commandsIn } from "./commands";

/** A sentence of the server. Where it tells what to type, there is a link to where that is done here. */
export function Sentence({ text }: { text: string }): ReactNode {
  return (
    <bdi>
      {commandsIn(text).map((part, at) =>
        typeof part === "string" ? (
          shown(part)
        ) : (
          <a key={`${at} ${part.name}`} href={link(["integrations"], { [part.does]: part.name })}>
            {strings.authorizations.command[part.does](shown(part.name))}
          </a>
        ),
      )}
    </bdi>
  );
}
