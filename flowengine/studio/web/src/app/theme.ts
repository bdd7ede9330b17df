import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "flowengine.theme";
const listeners = new Set<() => void>();
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  applyTheme();
}

/** Tell the page which colours to use; style sheets do the rest. */
export function applyTheme(): void {
  const theme = chosenTheme();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  dark.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    dark.removeEventListener("change", listener);
  };
}

function shownTheme(): "light" | "dark" {
  const theme = chosenTheme();
  return theme === "system" ? (dark.matches ? "dark" : "light") : theme;
}

export const useTheme = () => useSyncExternalStore(subscribe, shownTheme);
export const useChosenTheme = () => useSyncExternalStore(subscribe, chosenTheme);
