import { useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { nodeForm } from "../api/studio";
import type { Doc, NodeForm } from "../api/types";

/** Ask for the form of the selected node, again after each change of the text. The last one stays until the next comes. */
export function useNodeForm(doc: Doc | null, node: string | null): NodeForm | null {
  const [form, setForm] = useState<NodeForm | null>(null);
  const there = doc?.graph?.nodes.some((one) => one.id === node) ?? false;
  const text = doc?.text ?? "";
  const path = doc?.path ?? null;
  useEffect(() => {
    if (node === null || !there) return;
    const stop = new AbortController();
    nodeForm(text, path, node, stop.signal).then(setForm, (error: unknown) => {
      if (error instanceof ApiError) setForm(null);
    });
    return () => stop.abort();
  }, [text, path, node, there]);
  return form?.node === node ? form : null;
}
