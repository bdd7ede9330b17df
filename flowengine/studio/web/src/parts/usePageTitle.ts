import { useEffect } from "react";
import { strings } from "../strings";
import { shown } from "./Name";

/** Name the page in the browser's tab and history: what is shown first, where it belongs after it. */
export function usePageTitle(...parts: readonly string[]): void {
  const title = strings.pageTitle(parts.map(shown));
  useEffect(() => {
    document.title = title;
  }, [title]);
}
