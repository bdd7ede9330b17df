import { useEffect, useRef } from "react";

/** Keys as they are written in the help: `mod` is Control, or Command on a Mac. */
export type Shortcuts = Record<string, () => void>;

const KEY = "flowengine.letters";
const MAC = /Mac|iP/.test(navigator.userAgent);

export const lettersOn = () => localStorage.getItem(KEY) !== "off";
export const switchLetters = (on: boolean) => localStorage.setItem(KEY, on ? "on" : "off");

export const spelt = (keys: string) => keys.replace("mod", MAC ? "⌘" : "Ctrl");

function pressed(event: KeyboardEvent): string {
  const parts = [];
  if (MAC ? event.metaKey : event.ctrlKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  // Signs such as ? and + need the shift key on some keyboards and not on others.
  if (event.shiftKey && (event.key.length > 1 || /^\p{L}$/u.test(event.key))) parts.push("shift");
  parts.push(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  return parts.join("+");
}

function writes(target: EventTarget | null): boolean {
  const element = target instanceof HTMLElement ? target : null;
  return element !== null && (element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName));
}


/** Whether a field has nothing of its own to undo: what was written in it has been taken. */
function isSettled(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.tagName === "SELECT" || target.dataset.settled === "true");
}

/** Listen to keys while a page is shown. Letters do nothing while one writes, in a dialog, or where they are switched off. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const keys = pressed(event);
      const action = Object.hasOwn(latest.current, keys) ? latest.current[keys] : undefined;
      if (!action || document.querySelector("dialog[open]")) return;
      const plain = !keys.startsWith("mod+");
      const inside = event.composedPath()[0] ?? null;
      if (plain && (writes(inside) || (!lettersOn() && keys.length === 1))) return;
      if (!plain && writes(inside) && !isSettled(inside) && /^mod\+(shift\+)?[zy]$/.test(keys)) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
