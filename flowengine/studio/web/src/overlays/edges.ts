import type { Coverage } from "../api/runs";

export type CoveredEdge = Coverage["edges"][number];

/** Return the edge of a node that an outcome follows. */
export const edgeOf = (coverage: Coverage, from: string, outcome: string): CoveredEdge | undefined => {
  const own = coverage.edges.filter((one) => one.from === from);
  return own.find((one) => one.outcomes.includes(outcome)) ?? own.find((one) => one.label === outcome);
};

/** Return which of the outcomes that lead along an edge did not come. */
export const missingOutcomes = (edge: CoveredEdge): string[] => edge.outcomes.filter((_, number) => edge.counts[number] === 0);
