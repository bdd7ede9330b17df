import { useCallback, useLayoutEffect, useRef } from "react";

/** Return one function for all times a part is drawn, which does what was given last: what takes it is not drawn again for its sake. */
export function useStable<Given extends unknown[], Answer>(act: (...given: Given) => Answer): (...given: Given) => Answer {
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  return useCallback((...given: Given) => latest.current(...given), []);
}
