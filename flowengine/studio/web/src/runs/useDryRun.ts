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
  busy: boolean;
}

/** Walk again whenever something changes: each walk is one question to the server, which keeps nothing. */
export function useDryRun(text: string | null, path: string | null, setup: Setup | null, { answers, choices, cut }: Decisions): Walk {
  const [walk, setWalk] = useState<Walk>({ result: null, error: null, busy: false });
  useEffect(() => {
    if (text === null || setup === null) return;
    const stop = new AbortController();
    const recording = cut ?? setup.recording;
    const request: DryRunRequest = {
      text,
      path,
      ...(recording === null ? {} : { recording }),
      ...(setup.trigger === null || recording !== null ? {} : { trigger: setup.trigger }),
      ...(answers.size ? { answers: Object.fromEntries(answers) } : {}),
      ...(choices.size ? { choices: Object.fromEntries([...choices].map(([step, outcome]) => [String(step), outcome])) } : {}),
    };
    dryRun(request, stop.signal).then(
      (result) => setWalk({ result, error: null, busy: false }),
      (error: unknown) => {
        if (error instanceof ApiError) setWalk((before) => ({ ...before, error, busy: false }));
      },
    );
    return () => stop.abort();
  }, [text, path, setup, answers, choices, cut]);
  return walk;
}

/** Return a recording of what was used before a step, so that the walk asks for what comes from there on. */
export function cutBefore(result: DryRun, step: number): Recording {
  const used = new Map<string, number>();
  for (const one of result.run.steps.slice(0, step)) {
    const count = one.answers?.length ?? (one.answer == null ? 0 : one.attempts.length);
    used.set(one.node, (used.get(one.node) ?? 0) + count);
  }
  const responses = Object.entries(result.recording.responses).map(([node, answers]): [string, Json[]] => [node, answers.slice(0, used.get(node) ?? 0)]);
  return { ...result.recording, responses: Object.fromEntries(responses.filter(([, answers]) => answers.length > 0)) };
}
