import { useMemo, useState } from "react";
import type { Graph, GraphEdge, Rect } from "../api/types";
import { sameWay, type Bundle } from "./bundles";
import { labelSize, newMemory, samePlace, type LaneMemory } from "./lanes";
import { findRoutes, givenRoute, type Route } from "./routing";
import { frameOf } from "./subflows";

/** A route of the layout, for an edge and where its ends stood. */
interface Kept {
  from: Rect | undefined;
  to: Rect | undefined;
  edge: GraphEdge;
  route: Route;
}

function labelArea(bundle: Bundle, route: Route | undefined): Rect[] {
  const size = labelSize(bundle);
  return route && size.width ? [{ x: route.label.x - size.width / 2, y: route.label.y - size.height / 2, ...size }] : [];
}

/** Find ways for the lines that have none, each among the nodes that stand beside its own. */
function foundIn(left: readonly Bundle[], boxes: ReadonlyMap<string, Rect>, labels: readonly Rect[], memories: Map<string, LaneMemory>): Map<string, Route> {
  const scopes = [...new Set(left.map((bundle) => frameOf(bundle.from)))];
  return new Map(
    scopes.flatMap((scope) => {
      const beside = new Map([...boxes].filter(([id]) => frameOf(id) === scope));
      const memory = memories.get(scope) ?? newMemory();
      memories.set(scope, memory);
      return [...findRoutes(left.filter((bundle) => frameOf(bundle.from) === scope), beside, labels, memory)];
    }),
  );
}

const sameAs = (last: Route | undefined, now: Route) => (last?.path === now.path && last.label.x === now.label.x && last.label.y === now.label.y ? last : now);

/**
 * Return how the lines run. The layout's own routes hold as long as both ends stand where it has put them; they are
 * remembered, so that an edit elsewhere moves no line.
 */
export function useRoutes(graph: Graph, bundles: readonly Bundle[], boxes: ReadonlyMap<string, Rect>): Map<string, Route> {
  const [kept] = useState(() => new Map<string, Kept>());
  const [memories] = useState(() => new Map<string, LaneMemory>());
  // The routes that were found last: those that are as they were stay the objects that they were.
  const [last] = useState(() => new Map<string, Route>());
  return useMemo(() => {
    const placed = new Map(graph.nodes.map((node) => [node.id, node]));
    const routes = new Map<string, Route>();
    const left: Bundle[] = [];
    for (const bundle of bundles) {
      const [edge] = bundle.edges;
      const [from, to] = [placed.get(bundle.from), placed.get(bundle.to)];
      const before = kept.get(bundle.key);
      if (edge?.points && edge.labelAt && !(before && sameWay(before.edge, edge) && samePlace(before.from, from) && samePlace(before.to, to))) {
        kept.set(bundle.key, { from, to, edge, route: givenRoute(edge.points, edge.labelAt, edge.loops ?? false) });
      }
      const known = kept.get(bundle.key);
      if (known && samePlace(known.from, boxes.get(bundle.from)) && samePlace(known.to, boxes.get(bundle.to))) routes.set(bundle.key, known.route);
      else left.push(bundle);
    }
    if (left.length === 0) return routes;
    const labels = bundles.flatMap((bundle) => labelArea(bundle, routes.get(bundle.key)));
    const found = foundIn(left, boxes, labels, memories);
    const now = [...found].map(([key, route]): [string, Route] => [key, sameAs(last.get(key), route)]);
    last.clear();
    for (const [key, route] of now) {
      last.set(key, route);
      routes.set(key, route);
    }
    return routes;
  }, [graph, bundles, boxes, kept, memories, last]);
}
