import type { ReactNode } from "react";
import { link } from "../app/routes";
import { strings } from "../strings";
import { usePageTitle } from "./usePageTitle";

export function NoSuchPage(): ReactNode {
  usePageTitle(strings.errors.noSuchPage);
  return (
    <div className="page page-none">
      <h1>{strings.errors.noSuchPage}</h1>
      <p className="soft">{strings.errors.noSuchPageHelp}</p>
      <a className="button button-primary" href={link(["flows"])}>
        {strings.errors.toFlows}
      </a>
    </div>
  );
}
