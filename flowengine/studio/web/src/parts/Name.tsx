import type { ReactNode } from "react";

// Letters that turn the order of others, or cannot be seen, are shown as what they are.
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Return a text of others as one line without letters that hide or turn something. */
export function shown(text: string): string {
  return text.replace(/\s+/gu, " ").replace(UNSEEN, (letter) => `⟨${letter.codePointAt(0)?.toString(16) ?? ""}⟩`);
}

/** A text of others, kept apart from the direction of what stands beside it. */
export function Name({ text, mono = false }: { text: string; mono?: boolean }): ReactNode {
  return <bdi className={mono ? "mono" : undefined}>{shown(text)}</bdi>;
}
