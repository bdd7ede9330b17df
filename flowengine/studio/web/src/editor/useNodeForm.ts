import { useEffect, useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { nodeForm } from "../api/studio";
import type { Doc, NodeForm } from "../api/types";

const itself = (node: string) => node;

/**
 * Ask for the form of the selected node, again after each change of the text. The last one stays until the next comes,
 * also while the node is renamed: `identityOf` tells it from others.
 */
export function useNodeForm(doc: Doc | null, node: string | null, identityOf: (node: string) => string = itself): NodeForm | null {
  const [form, setForm] = useState<(NodeForm & { of: string }) | null>(null);
  const there = doc?.graph?.nodes.some((one) => one.id === node) ?? false;
  const text = doc?.text ?? "";
  const path = doc?.path ?? null;
  useEffect(() => {
    if (node === null || !there) return;
    const stop = new AbortController();
    nodeForm(text, path, node, stop.signal).then(
      (answer) => setForm({ ...answer, of: identityOf(node) }),
      (error: unknown) => {
        if (error instanceof ApiError) setForm(null);
      },
    );
    return () => stop.abort();
  }, [text, path, node, there, identityOf]);
  const isOfNode = form !== null && node !== null && form.of === identityOf(node);
  return useMemo(() => (isOfNode ? { ...form, node } : null), [form, isOfNode, node]);
}
