import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "../parts/Button";
import { Icon, type IconName } from "../parts/icons";
import { strings } from "../strings";
import { HelpDialog } from "./HelpDialog";
import { link, useRoute } from "./routes";
import { useShortcuts } from "./shortcuts";
import { chooseTheme, useChosenTheme, type Theme } from "./theme";

const PLACES: { path: string; label: string; icon: IconName }[] = [
  { path: "flows", label: strings.places.flows, icon: "flow" },
  { path: "runs", label: strings.places.runs, icon: "play" },
  { path: "integrations", label: strings.places.integrations, icon: "shield" },
];

const THEMES: Record<Theme, { icon: IconName; next: Theme }> = {
  system: { icon: "auto", next: "light" },
  light: { icon: "sun", next: "dark" },
  dark: { icon: "moon", next: "system" },
};

function ThemeSwitch(): ReactNode {
  const theme = useChosenTheme();
  const { icon, next } = THEMES[theme];
  return <Button icon={icon} look="quiet" label={strings.theme[theme]} onClick={() => chooseTheme(next)} />;
}

/** Begin at the new page when what had the keys went with the old one. */
function useFocusOfNewPage(path: string): void {
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    const frame = requestAnimationFrame(() => {
      if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [path]);
}

/** The frame around every page: where one is, and where one may go. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const [help, setHelp] = useState(false);
  const { path } = useRoute();
  const here = path[0] ?? "flows";
  useFocusOfNewPage(path.join("/"));
  useShortcuts({ "?": () => setHelp(true) });
  return (
    <>
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>
        {strings.common.skip}
      </a>
      <header className="bar">
        <a className="brand" href={link([])} aria-label={strings.brand}>
          <Mark />
          <span className="brand-name">{strings.brand}</span>
        </a>
        <nav className="places" aria-label={strings.places.label}>
          {PLACES.map((place) => (
            <a key={place.path} href={link([place.path])} aria-label={place.label} aria-current={here === place.path ? "page" : undefined}>
              <Icon name={place.icon} />
              <span>{place.label}</span>
            </a>
          ))}
        </nav>
        <div className="bar-end">
          <ThemeSwitch />
          <Button icon="help" look="quiet" label={strings.help.title} keys="?" onClick={() => setHelp(true)} />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </>
  );
}

function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M16 10v4.500c0 2-6 2-6 5V22M16 14.500c0 2 6 2 6 5V22" />
      <circle cx="16" cy="8.500" r="3" />
      <circle cx="10" cy="23.500" r="3" />
      <circle cx="22" cy="23.500" r="3" />
    </svg>
  );
}
