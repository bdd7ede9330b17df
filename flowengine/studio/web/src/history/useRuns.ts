import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, follow } from "../api/client";
import { listRuns, PAGE, type KeptRun, type RunFilter, type RunPage } from "../api/runs";
import { useReach } from "../live/useReach";
import { merged } from "./merged";

/** How soon the list is asked for again when something has happened; how often when nothing has been told. */
const SOON = 400;
const LOOK = 10_000;

export interface RunList {
  runs: KeptRun[] | null;
  counts: RunPage["counts"] | null;
  error: ApiError | null;
  /** Whether the server went away, and is asked again. */
  lost: boolean;
  /** Whether there are older ones than those that are shown. */
  hasOlder: boolean;
  older: () => void;
  again: () => void;
}

interface Kept {
  key: string;
  runs: KeptRun[];
  counts: RunPage["counts"];
  hasOlder: boolean;
}

/** The runs that a filter lets through, newest first; the list lives. */
export function useRuns(filter: RunFilter): RunList {
  const key = JSON.stringify(filter);
  const [kept, setKept] = useState<Kept | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const latest = useRef(key);
  useEffect(() => {
    latest.current = key;
  });
  const ask = useCallback(
    (before: string | null) => {
      const wanted = JSON.parse(key) as RunFilter;
      listRuns(wanted, before).then(
        ({ runs, counts }) => {
          if (latest.current !== key) return;
          setError(null);
          setKept((had) => {
            const full = runs.length === PAGE;
            if (had?.key !== key) return { key, runs, counts, hasOlder: full };
            if (before !== null) return { key, counts, runs: [...had.runs, ...runs], hasOlder: full };
            const more = had.runs.length > PAGE;
            return { key, counts, runs: more && full ? merged(had.runs, runs) : runs, hasOlder: more ? had.hasOlder : full };
          });
        },
        (failure: unknown) => {
          if (failure instanceof ApiError && latest.current === key) setError(failure);
        },
      );
    },
    [key],
  );
  const again = useCallback(() => ask(null), [ask]);
  useEffect(again, [again]);
  const [lost, onReach] = useReach();
  useEffect(() => {
    let soon = 0;
    const look = () => {
      if (soon) return;
      soon = window.setTimeout(() => {
        soon = 0;
        again();
      }, SOON);
    };
    const stop = follow("live", ["started", "step", "waiting", "ended", "gap"], look, (reached) => {
      onReach(reached);
      look();
    });
    const timer = window.setInterval(again, LOOK);
    return () => {
      stop();
      window.clearTimeout(soon);
      window.clearInterval(timer);
    };
  }, [again, onReach]);
  const current = kept?.key === key ? kept : null;
  const oldest = current?.runs.at(-1)?.id ?? null;
  return { runs: current?.runs ?? null, counts: kept?.counts ?? null, error, lost, hasOlder: current?.hasOlder ?? false, older: () => ask(oldest), again };
}
