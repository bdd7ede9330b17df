import { useEffect, useRef, type RefObject } from "react";

/** Go on in a row that one has just added: in its value, once. */
export function useFreshFocus(fresh: boolean): RefObject<HTMLDivElement | null> {
  const row = useRef<HTMLDivElement>(null);
  const begins = useRef(fresh);
  useEffect(() => {
    if (begins.current) row.current?.querySelector<HTMLElement>(".row-value :is(input, textarea, select)")?.focus();
    begins.current = false;
  }, []);
  return row;
}
