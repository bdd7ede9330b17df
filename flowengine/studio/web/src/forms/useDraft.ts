import { useState } from "react";
import { equal } from "../api/json";
import type { Json } from "../api/types";

/** What is being written in place of a value; nothing as soon as the value is another one, also where that is undone. */
export function useDraft(value: Json | undefined): [string | null, (text: string | null) => void] {
  const [draft, setDraft] = useState<{ text: string; of: Json | undefined } | null>(null);
  const isStale = draft !== null && !equal(draft.of, value);
  if (isStale) setDraft(null);
  return [draft === null || isStale ? null : draft.text, (text) => setDraft(text === null ? null : { text, of: value })];
}
