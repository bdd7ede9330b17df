import type { ReactNode } from "react";
import { EditorPage } from "../editor/EditorPage";
import { FlowsPage } from "../flows/FlowsPage";
import { Boundary } from "../parts/Boundary";
import { late } from "../parts/late";
import { NoSuchPage } from "../parts/NoSuchPage";
import { useRoute } from "./routes";
import { Shell } from "./Shell";

const RunsPage = late(async () => (await import("../history/RunsPage")).RunsPage);
const RunPage = late(async () => (await import("../live/RunPage")).RunPage);
const HeatPage = late(async () => (await import("../overlays/HeatPage")).HeatPage);
const CoveragePage = late(async () => (await import("../overlays/CoveragePage")).CoveragePage);
const ComparePage = late(async () => (await import("../compare/ComparePage")).ComparePage);
const CompareRunsPage = late(async () => (await import("../compare/CompareRunsPage")).CompareRunsPage);
const IntegrationsPage = late(async () => (await import("../integrations/IntegrationsPage")).IntegrationsPage);
const DryRunPage = late(async () => (await import("../runs/DryRunPage")).DryRunPage);

function RunsPlace({ id, view }: { id: string | undefined; view: string | undefined }): ReactNode {
  if (id === undefined) return <RunsPage />;
  return view === "compare" ? <CompareRunsPage key={id} id={id} /> : <RunPage key={id} id={id} />;
}

function FlowPlace({ id, view }: { id: string; view: string | undefined }): ReactNode {
  if (view === undefined) return <EditorPage key={id} id={id} />;
  if (view === "dry-run") return <DryRunPage key={id} id={id} />;
  if (view === "heat") return <HeatPage key={id} id={id} />;
  if (view === "coverage") return <CoveragePage key={id} id={id} />;
  if (view === "compare") return <ComparePage key={id} id={id} />;
  return <NoSuchPage />;
}

function Page(): ReactNode {
  const { path } = useRoute();
  const [place = "flows", id, view] = path;
  if (place === "runs") return <RunsPlace id={id} view={view} />;
  if (place === "integrations") return <IntegrationsPage tab={id} name={view} />;
  if (place === "flows") return id === undefined ? <FlowsPage /> : <FlowPlace id={id} view={view} />;
  return <NoSuchPage />;
}

function Here(): ReactNode {
  const { path } = useRoute();
  return (
    <Boundary of={path.join("/")}>
      <Page />
    </Boundary>
  );
}

export function App(): ReactNode {
  return (
    <Shell>
      <Here />
    </Shell>
  );
}
