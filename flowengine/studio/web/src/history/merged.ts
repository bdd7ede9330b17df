import type { KeptRun } from "../api/runs";

/** Put the newest page on top of what is shown: what is known is as it is now, what is new comes first. */
export function merged(shown: readonly KeptRun[], newest: readonly KeptRun[]): KeptRun[] {
  const last = newest.at(-1);
  const known = new Set(newest.map((one) => one.id));
  if (!last) return [];
  return [...newest, ...shown.filter((one) => !known.has(one.id) && one.startedAt <= last.startedAt)];
}
