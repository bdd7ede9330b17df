import { ViewportPortal } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { edgeKey, type Bundle } from "./bundles";
import { EdgeChip, EdgeGrip, type EdgeEditing } from "./EdgeChip";
import { meets, useFar, useSight } from "./sight";
import { frameOf } from "./subflows";
import type { EdgeMark, Overlay } from "./overlay";
import type { Route } from "./routing";

const TIPS = { down: "l-5 -9h10z", up: "l-5 9h10z", left: "l8 -5v10z" };

interface LineProps {
  bundle: Bundle;
  route: Route;
  tone: string;
  bright: boolean;
  editing: EdgeEditing | undefined;
}

const Line = memo(function Line({ bundle, route, tone, bright, editing }: LineProps): ReactNode {
  const name = `${bundle.kind}${bundle.default ? " by-default" : ""}${bright ? " is-bright" : ""}${tone}`;
  return (
    <g className={`edge ${name}`}>
      <path className="edge-line" d={route.path} />
      {tone.startsWith(" tone-current") && <circle key={tone} className="edge-token" r="7" style={{ offsetPath: `path("${route.path}")` }} />}
      <path className="edge-tip" d={`M${route.tip.x} ${route.tip.y}${TIPS[route.tip.direction]}`} />
      {editing && <EdgeGrip edges={bundle.edges} at={route.tip} editing={editing} />}
    </g>
  );
});

const CHANGES = { added: "+", removed: "−", changed: "≠" };
export const SIGNS = { success: "●", error: "✕", "fall-through": "◇" };

interface LabelProps extends LineProps {
  marks: ReadonlyMap<string, EdgeMark> | undefined;
  onChoose: ChooseEdge | undefined;
}

/** What is told of an edge that is clicked where nothing is edited. */
export type ChooseEdge = (from: string, outcome: string) => void;

const Label = memo(function Label({ bundle, route, tone, bright, marks, editing, onChoose }: LabelProps): ReactNode {
  const name = `${bundle.kind}${bundle.default ? " by-default" : ""}${bright ? " is-bright" : ""}${tone}`;
  return (
    <div className={`edge-label ${name}`} style={{ transform: `translate(-50%, -50%) translate(${route.label.x}px, ${route.label.y}px)` }}>
      {bundle.edges.map((edge) => {
        const mark = marks?.get(edgeKey(edge.from, edge.outcome));
        const content = (
          <>
            <span className="edge-sign" aria-hidden="true">
              {SIGNS[edge.kind]}
            </span>
            <bdi>{shown(edge.label)}</bdi>
            {(mark?.badge !== undefined || (mark?.count ?? 0) > 1) && <span className="edge-count">{mark?.badge ?? mark?.count}</span>}
            {bundle.state !== null && bundle.state !== "same" && <span className="edge-count">{CHANGES[bundle.state]}</span>}
          </>
        );
        const facts = { "data-from": edge.from, "data-outcome": edge.outcome, "data-to": edge.to, "data-kind": edge.kind };
        const tones = `edge-chip${mark?.tone ? ` tone-${mark.tone}` : ""}`;
        if (editing) {
          return (
            <EdgeChip key={edge.outcome} edge={edge} className={tones} editing={editing}>
              {content}
            </EdgeChip>
          );
        }
        return onChoose ? (
          <button key={edge.outcome} type="button" tabIndex={-1} className={tones} {...facts} onClick={() => onChoose(edge.from, edge.outcome)}>
            {content}
            <span className="sr">{strings.canvas.between(shown(edge.from), shown(edge.to))}</span>
          </button>
        ) : (
          <span key={edge.outcome} className={tones} {...facts}>
            {content}
          </span>
        );
      })}
    </div>
  );
});

interface LayerProps {
  bundles: readonly Bundle[];
  routes: ReadonlyMap<string, Route>;
  selected: string | null;
  overlay: Overlay | undefined;
  editing?: EdgeEditing | undefined;
  onChoose?: ChooseEdge | undefined;
  /** So many that only those in sight are drawn. */
  isLarge: boolean;
}

/** The strongest mark among the edges of a line. */
function toneOf(bundle: Bundle, overlay: Overlay | undefined): string {
  if (bundle.state && bundle.state !== "same") return ` tone-${bundle.state}`;
  if (!overlay) return "";
  const marks = bundle.edges.map((edge) => overlay.edges.get(edgeKey(edge.from, edge.outcome)));
  const tone = marks.find((mark) => mark?.tone)?.tone;
  return tone ? ` tone-${tone}` : overlay.dims ? " is-dim" : "";
}

/** All lines and labels: below the nodes, in one drawing. */
export const EdgeLayer = memo(function EdgeLayer({ bundles, routes, selected, overlay, editing, onChoose, isLarge }: LayerProps): ReactNode {
  const sight = useSight(isLarge);
  const far = useFar();
  const drawn = bundles.flatMap((bundle) => {
    const route = routes.get(bundle.key);
    if (route && sight && !meets(route.area, sight)) return [];
    const bright = selected !== null && (bundle.from === selected || bundle.to === selected);
    // What a called flow is made of is only looked at.
    return route ? [{ bundle, route, tone: toneOf(bundle, overlay), bright, editing: frameOf(bundle.from) === "" ? editing : undefined }] : [];
  });
  return (
    <ViewportPortal>
      <div className="edges">
        <svg className="edge-lines" width="1" height="1" aria-hidden="true">
          {drawn.map((one) => (
            <Line key={one.bundle.key} {...one} />
          ))}
        </svg>
        {drawn
          .filter(({ bundle }) => bundle.labelled && !(far && isLarge))
          .map((one) => (
            <Label key={one.bundle.key} {...one} marks={overlay?.edges} onChoose={frameOf(one.bundle.from) === "" ? onChoose : undefined} />
          ))}
      </div>
    </ViewportPortal>
  );
});
