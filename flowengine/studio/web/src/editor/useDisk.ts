import { useEffect } from "react";
import type { Editor } from "./store";

const EVERY = 4000;

/** Look every few seconds whether the file was changed by others, while the page is in sight. */
export function useDisk(editor: Editor): void {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") void editor.look();
    };
    const timer = window.setInterval(look, EVERY);
    window.addEventListener("focus", look);
    return () => {
      window.clearInterval(timer);
      window.removeEventListener("focus", look);
    };
  }, [editor]);
}
