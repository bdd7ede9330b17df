import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, follow, part } from "../api/client";
import { runPicture, showRun, type RunPicture, type WholeRun } from "../api/runs";
import { useReach } from "./useReach";
import { replaceQuery, useRoute } from "../app/routes";

/** While a run goes on: how often it is looked at though nothing has been told. */
const LOOK = 10_000;

export interface KeptRunState {
  run: WholeRun | null;
  picture: RunPicture | null;
  error: ApiError | null;
  /** Whether the server went away, and is asked again. */
  lost: boolean;
  look: () => void;
}

/** A kept run; as long as it goes on, as it is now. */
export function useKeptRun(id: string): KeptRunState {
  const [state, setState] = useState<Omit<KeptRunState, "look" | "lost">>({ run: null, picture: null, error: null });
  const [count, setCount] = useState(0);
  const under = useRef({ way: false, again: false });
  const look = useCallback(() => {
    const { current } = under;
    current.again = current.way;
    if (current.way) return;
    current.way = true;
    Promise.all([showRun(id), runPicture(id)])
      .then(
        ([run, picture]) => setState({ run, picture, error: null }),
        (error: unknown) => {
          if (error instanceof ApiError) setState((before) => ({ ...before, error }));
        },
      )
      .finally(() => {
        current.way = false;
        if (current.again) setCount((before) => before + 1);
      });
  }, [id]);
  useEffect(look, [look, count]);
  const [lost, onReach] = useReach();
  const goesOn = state.run !== null && state.run.endedAt === null;
  useEffect(() => {
    if (!goesOn) return;
    const stop = follow(`runs/${part(id)}/steps`, ["step", "waiting", "end"], look, (reached) => {
      onReach(reached);
      look();
    });
    const timer = window.setInterval(look, LOOK);
    return () => {
      stop();
      window.clearInterval(timer);
    };
  }, [id, goesOn, look, onReach]);
  return { ...state, lost: lost && goesOn, look };
}

/** Which step is looked at: the one of the address; without one the last, and each that comes. */
export function useFollowedStep(count: number): [number, (step: number) => void] {
  const { query } = useRoute();
  const written = query.get("step");
  const asked = Number(written);
  const at = written === null || !Number.isInteger(asked) ? count : Math.min(Math.max(asked, 0), count);
  const setAt = useCallback((step: number) => replaceQuery({ step: step >= count ? null : String(step) }), [count]);
  return [at, setAt];
}
