import { useState } from "react";
import { ApiError } from "../api/client";

export interface Action {
  busy: boolean;
  error: ApiError | null;
  /** Do something; what fails is kept to be shown. Whether it was done is what it comes to. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  dismiss: () => void;
}

/** Something that a button asks the server to do. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
      setError(null);
      return true;
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run, dismiss: () => setError(null) };
}
