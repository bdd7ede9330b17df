import { useCallback, useEffect, useRef, useState } from "react";

/** A stream that ends and begins again at once is nothing to speak of. */
const PATIENCE = 1_500;

/** Whether the server has gone away, and is not back yet; and what hears of it. */
export function useReach(): [boolean, (reached: boolean) => void] {
  const [lost, setLost] = useState(false);
  const timer = useRef(0);
  const onReach = useCallback((reached: boolean) => {
    if (reached) {
      window.clearTimeout(timer.current);
      timer.current = 0;
      setLost(false);
    } else if (!timer.current) timer.current = window.setTimeout(() => setLost(true), PATIENCE);
  }, []);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return [lost, onReach];
}
