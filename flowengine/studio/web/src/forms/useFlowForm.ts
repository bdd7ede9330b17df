import { useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { flowForm } from "../api/studio";
import type { Doc, FlowForm } from "../api/types";

/** Ask for the form of the flow while it is shown, again after each change of the text. The last one stays until then. */
export function useFlowForm({ text, path }: Doc, wanted: boolean): FlowForm | null {
  const [form, setForm] = useState<FlowForm | null>(null);
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    flowForm(text, path, stop.signal).then(setForm, (error: unknown) => {
      if (error instanceof ApiError) setForm(null);
    });
    return () => stop.abort();
  }, [text, path, wanted]);
  return form;
}
