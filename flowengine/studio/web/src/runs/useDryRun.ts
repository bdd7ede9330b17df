import { useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { dryRun, type DryRun, type DryRunRequest, type Recording } from "../api/dryRun";
import type { Json } from "../api/types";
import type { Setup } from "./SetupPane";

/** What was decided by hand on top of the setup. */
export interface Decisions {
  /** Answers that were chosen, in order, by node. */
  answers: ReadonlyMap<string, Json[]>;
  /** Outcomes that were chosen in place of others, by the index of the step. */
  choices: ReadonlyMap<number, string>;
  /** What a walk was cut down to by "run from here". */
  cut: Recording | null;
}

export const UNDECIDED: Decisions = { answers: new Map(), choices: new Map(), cut: null };

export interface Walk {
  result: DryRun | null;
  error: ApiError | null;
}

/** Return what the server is asked for. */
export function requestOf(text: string, path: string | null, setup: Setup, { answers, choices, cut }: Decisions): DryRunRequest {
  const recording = cut ?? setup.recording;
  return {
    text,
    path,
    ...(recording === null ? {} : { recording }),
    ...(setup.trigger === null || cut ? {} : { trigger: setup.trigger }),
    ...(setup.variables === null || cut ? {} : { variables: setup.variables }),
    ...(setup.from === null ? {} : { from: setup.from }),
    ...(answers.size ? { answers: Object.fromEntries(answers) } : {}),
    ...(choices.size ? { choices: Object.fromEntries([...choices].map(([step, outcome]) => [String(step), outcome])) } : {}),
  };
}

/** Walk again whenever something changes: each walk is one question to the server, which keeps nothing. */
export function useDryRun(text: string | null, path: string | null, setup: Setup | null, decisions: Decisions): Walk {
  const [walk, setWalk] = useState<Walk>({ result: null, error: null });
  useEffect(() => {
    if (text === null || setup === null) return;
    const stop = new AbortController();
    dryRun(requestOf(text, path, setup, decisions), stop.signal).then(
      (result) => setWalk({ result, error: null }),
      (error: unknown) => {
        if (error instanceof ApiError) setWalk({ result: null, error });
      },
    );
    return () => stop.abort();
  }, [text, path, setup, decisions]);
  return walk;
}
