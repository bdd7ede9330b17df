import type { ReactNode } from "react";
import { link } from "../app/routes";
import { Icon } from "../parts/icons";
import { Name } from "../parts/Name";
import { usePageTitle } from "../parts/usePageTitle";
import { strings } from "../strings";

export type View = "edit" | "dry-run" | "compare" | "coverage" | "heat";

const VIEWS: { view: View; label: string }[] = [
  { view: "edit", label: strings.views.edit },
  { view: "dry-run", label: strings.views.dryRun },
  { view: "coverage", label: strings.views.coverage },
  { view: "heat", label: strings.views.heat },
  { view: "compare", label: strings.views.compare },
];

interface Props {
  id: string;
  title: string | null;
  view: View;
  children?: ReactNode;
}

/** Which flow is shown, the ways to look at it, and what can be done with it here. */
export function FlowHead({ id, title, view, children }: Props): ReactNode {
  const place = VIEWS.find((one) => one.view === view);
  usePageTitle(title ?? id, place?.label ?? strings.places.flows);
  return (
    <div className="flow-head">
      <nav className="crumbs" aria-label={strings.views.crumbs}>
        <a href={link(["flows"])}>{strings.places.flows}</a>
        <span aria-hidden="true">/</span>
        <h1>
          <Name text={title ?? id} />
        </h1>
        {title !== null && <span className="crumb-id"><Name text={id} mono /></span>}
      </nav>
      <nav className="views" aria-label={strings.views.label}>
        {VIEWS.map((one) => (
          <a key={one.view} href={link(one.view === "edit" ? ["flows", id] : ["flows", id, one.view])} aria-current={one.view === view ? "page" : undefined}>
            {one.label}
          </a>
        ))}
      </nav>
      <div className="flow-actions">
        {children}
        <a className="button" href={link(["runs"], { start: id })}>
          <Icon name="play" />
          {strings.views.run}
        </a>
      </div>
    </div>
  );
}
