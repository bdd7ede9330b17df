import { useCallback, useEffect, useState } from "react";
import { ApiError } from "../api/client";

export interface Asked<T> {
  value: T | null;
  error: ApiError | null;
  again: () => void;
}

/** Ask the server when something is shown, and again when `key` changes. What came last stays until the next comes. */
export function useAsked<T>(ask: () => Promise<T>, key: string): Asked<T> {
  const [state, setState] = useState<{ value: T | null; error: ApiError | null }>({ value: null, error: null });
  const [count, setCount] = useState(0);
  useEffect(() => {
    let current = true;
    ask().then(
      (value) => current && setState({ value, error: null }),
      (error: unknown) => {
        if (current && error instanceof ApiError) setState((before) => ({ ...before, error }));
      },
    );
    return () => {
      current = false;
    };
    // `key` says what is asked for; the function itself is a new one each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, count]);
  const again = useCallback(() => setCount((before) => before + 1), []);
  return { ...state, again };
}
