import { useMemo, useState, type ReactNode } from "react";
import { textOf } from "../api/json";
import { listFlows } from "../api/studio";
import type { FlowSummary } from "../api/types";
import { link } from "../app/routes";
import { useShortcuts } from "../app/shortcuts";
import { Button } from "../parts/Button";
import { Icon } from "../parts/icons";
import { Name } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { usePageTitle } from "../parts/usePageTitle";
import { strings } from "../strings";
import { NewFlowDialog } from "./NewFlowDialog";

const text = strings.flows;

function Trigger({ flow }: { flow: FlowSummary }): ReactNode {
  if (!flow.trigger) return <span className="soft">{text.byHand}</span>;
  return (
    <span className="trigger">
      <Icon name="bolt" size={14} />
      <Name text={textOf(flow.trigger.channel)} /> <span className="soft"><Name text={textOf(flow.trigger.event)} /></span>
    </span>
  );
}

function Findings({ flow }: { flow: FlowSummary }): ReactNode {
  const { errors, warnings, hints } = flow.findings;
  if (errors + warnings + hints === 0) return <span className="state good"><Icon name="check" size={14} />{text.noFindings}</span>;
  return (
    <span className="counts">
      {errors > 0 && <span className="count error">{strings.problems.errors(errors)}</span>}
      {warnings > 0 && <span className="count warning">{strings.problems.warnings(warnings)}</span>}
      {hints > 0 && <span className="count hint">{strings.problems.hints(hints)}</span>}
    </span>
  );
}

function Row({ flow }: { flow: FlowSummary }): ReactNode {
  return (
    <li className="flow-row">
      <div className="flow-main">
        <a className="flow-title" href={link(["flows", flow.id])}>
          <Name text={flow.title ?? flow.id} />
        </a>
        <span className="soft small"><Name text={flow.path} mono /></span>
        {flow.description && <p className="flow-description"><Name text={flow.description} /></p>}
      </div>
      <Trigger flow={flow} />
      <Findings flow={flow} />
      <a className="button button-quiet" href={link(["flows", flow.id, "dry-run"])} aria-label={text.dryRunOf(flow.title ?? flow.id)}>
        <Icon name="play" />
        <span>{strings.views.dryRun}</span>
      </a>
    </li>
  );
}

export function FlowsPage(): ReactNode {
  usePageTitle(text.title);
  const { value, error, again } = useAsked(listFlows, "flows");
  const [filter, setFilter] = useState("");
  const [making, setMaking] = useState(false);
  useShortcuts({ n: () => setMaking(true), "/": () => document.getElementById("flow-filter")?.focus() });
  const found = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return value?.filter((flow) => words.every((word) => `${flow.id} ${flow.title ?? ""} ${flow.path} ${textOf(flow.trigger?.channel)}`.toLowerCase().includes(word)));
  }, [value, filter]);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{text.title}</h1>
        <input id="flow-filter" className="filter" type="search" aria-label={text.filter} placeholder={text.filter} value={filter} onChange={(event) => setFilter(event.target.value)} />
        <Button icon="plus" look="primary" onClick={() => setMaking(true)} title={`${text.make} (n)`}>
          {text.make}
        </Button>
      </div>
      {error && <Problem error={error} onAgain={again} />}
      {found && (
        <ul className="flow-list" aria-label={text.title}>
          {found.map((flow) => (
            <Row key={flow.path} flow={flow} />
          ))}
        </ul>
      )}
      {found?.length === 0 && <p className="empty">{value?.length ? strings.common.nothingFound : text.none}</p>}
      {!value && !error && <p className="empty">{strings.common.loading}</p>}
      {making && <NewFlowDialog known={value ?? []} onClose={() => setMaking(false)} />}
    </div>
  );
}
