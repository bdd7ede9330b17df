import { useMemo, useState } from "react";
import type { Graph, Rect } from "../api/types";
import type { Bundle } from "./bundles";
import { frameOf } from "./subflows";
import { findRoutes, givenRoute, labelSize, type Route } from "./routing";

interface Kept {
  ends: string;
  /** The way that the layout has given, if it has. */
  given: string;
  route: Route;
}

const placeOf = (box: Rect | undefined) => (box ? `${box.x},${box.y},${box.width},${box.height}` : "");

function labelArea(bundle: Bundle, route: Route | undefined): Rect[] {
  const size = labelSize(bundle);
  return route && size.width ? [{ x: route.label.x - size.width / 2, y: route.label.y - size.height / 2, ...size }] : [];
}

/** Find ways for the lines that have none, each among the nodes that stand beside its own. */
function foundIn(left: readonly Bundle[], boxes: ReadonlyMap<string, Rect>, labels: readonly Rect[]): Map<string, Route> {
  const scopes = [...new Set(left.map((bundle) => frameOf(bundle.from)))];
  return new Map(
    scopes.flatMap((scope) => {
      const beside = new Map([...boxes].filter(([id]) => frameOf(id) === scope));
      return [...findRoutes(left.filter((bundle) => frameOf(bundle.from) === scope), beside, labels)];
    }),
  );
}

const inPlaceOf = (bundles: readonly Bundle[], routes: ReadonlyMap<string, Route>) => bundles.map(({ key }) => routes.get(key));

/**
 * Return how the lines run. The layout's own routes hold as long as both ends stand where it has put them; they are
 * remembered, so that an edit elsewhere moves no line.
 */
export function useRoutes(graph: Graph, bundles: readonly Bundle[], boxes: ReadonlyMap<string, Rect>): Map<string, Route> {
  const [kept] = useState(() => new Map<string, Kept>());
  // The ways that were found last, and what for: where nothing of that has changed, they hold.
  const [before] = useState(() => new Map<string, readonly (Route | undefined)[]>());
  return useMemo(() => {
    const placed = new Map(graph.nodes.map((node) => [node.id, node]));
    const routes = new Map<string, Route>();
    const left: Bundle[] = [];
    for (const bundle of bundles) {
      const ends = `${placeOf(boxes.get(bundle.from))} ${placeOf(boxes.get(bundle.to))}`;
      const laidOut = `${placeOf(placed.get(bundle.from))} ${placeOf(placed.get(bundle.to))}`;
      const edge = bundle.edges[0];
      if (edge?.points && edge.labelAt) {
        const given = `${edge.points.join(" ")} ${edge.labelAt.join(" ")}`;
        const last = kept.get(bundle.key);
        if (last?.given !== given || last.ends !== laidOut) kept.set(bundle.key, { ends: laidOut, given, route: givenRoute(edge.points, edge.labelAt, edge.loops ?? false) });
      }
      const known = kept.get(bundle.key);
      if (known?.ends === ends) routes.set(bundle.key, known.route);
      else left.push(bundle);
    }
    if (left.length === 0) return routes;
    const labels = bundles.flatMap((bundle) => labelArea(bundle, routes.get(bundle.key)));
    // By place, and not by name: a node that is only called otherwise changes no way.
    const asked = JSON.stringify([left.map((bundle) => labelSize(bundle)), [...boxes.values()].map(placeOf), labels, left.map(({ from, to }) => [boxes.get(from), boxes.get(to)].map(placeOf))]);
    const found = before.get(asked) ?? inPlaceOf(left, foundIn(left, boxes, labels));
    before.clear();
    before.set(asked, found);
    left.forEach(({ key }, at) => {
      const route = found[at];
      if (route) routes.set(key, route);
    });
    return routes;
  }, [graph, bundles, boxes, kept, before]);
}
