/** Which colours a drawing has; `both` follows the one who looks at the file. */
export type Look = "light" | "dark" | "both";

const USED = ["ground", "surface", "line", "edge", "ink", "soft", "accent", "accent-soft", "yes", "yes-soft", "no", "no-soft", "warn", "warn-soft", "fall", "hover", "heat-1", "heat-2", "heat-3", "heat-4", "heat-5"];

/** Read the colours of the page, each for light and dark. */
function colours(dark: boolean): string {
  const page = getComputedStyle(document.documentElement);
  const one = (name: string) => {
    const value = page.getPropertyValue(`--${name}`).trim();
    const pair = /^light-dark\((.+),\s*(.+)\)$/.exec(value);
    return `--${name}:${(dark ? pair?.[2] : pair?.[1]) ?? value}`;
  };
  return `:root{${USED.map(one).join(";")}}`;
}

const LOOKS = `
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
.ground{fill:var(--ground)}
.face{fill:var(--surface);stroke:var(--edge);stroke-width:1.25}
.title{font-size:14px;font-weight:600}
.code{font:11.5px ui-monospace,"SF Mono","Cascadia Code",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--soft)}
.chip{font-size:11.5px}
.key{font-size:11px;fill:var(--soft);text-anchor:end}
.badge{font-size:11px;font-weight:700;fill:var(--accent);text-anchor:end;paint-order:stroke;stroke:var(--surface);stroke-width:4px}
.middle{text-anchor:middle}
.icon{fill:none;stroke:var(--accent);stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
.icon-back{fill:var(--accent-soft);stroke:var(--accent);stroke-opacity:.4}
.branch .icon{stroke:var(--warn)}.branch .icon-back{fill:var(--warn-soft);stroke:var(--warn)}
.wait .icon{stroke:var(--soft)}.wait .icon-back{fill:var(--hover);stroke:var(--edge)}
.end.success .icon{stroke:var(--yes)}.end.error .icon{stroke:var(--no)}
.end.error .face{stroke:var(--no);stroke-dasharray:5 3}
.start .face{fill:var(--surface);stroke-dasharray:3 4}.start .title{font-weight:500}
.frame .face{fill:var(--accent-soft);fill-opacity:.6;stroke:var(--accent);stroke-width:1.5}
.tone-visited .face,.tone-current .face{stroke:var(--accent);stroke-width:2.5}
.tone-waiting .face,.tone-changed .face{stroke:var(--warn);stroke-width:2.5}.tone-changed .face{fill:var(--warn-soft)}
.tone-failed .face,.tone-uncovered .face,.tone-removed .face{stroke:var(--no);stroke-width:2}
.tone-uncovered .face,.tone-removed .face{stroke-dasharray:6 4}.tone-removed .face{fill:var(--no-soft)}
.tone-covered .face,.tone-added .face{stroke:var(--yes);stroke-width:2}.tone-added .face{fill:var(--yes-soft)}
.heat-1 .face{fill:var(--heat-1)}.heat-2 .face{fill:var(--heat-2)}.heat-3 .face{fill:var(--heat-3)}.heat-4 .face{fill:var(--heat-4)}.heat-5 .face{fill:var(--heat-5)}
.line{fill:none;stroke:var(--accent);stroke-width:1.75}.tip{fill:var(--accent)}
.line.error{stroke:var(--no);stroke-dasharray:7 4;stroke-width:1.6}.tip.error{fill:var(--surface);stroke:var(--no);stroke-width:1.4;stroke-linejoin:round}
.line.fall-through{stroke:var(--fall);stroke-dasharray:1.5 5;stroke-width:2;stroke-linecap:round}.tip.fall-through{fill:var(--fall)}
.line.by-default{stroke-width:1.1}
.line.tone-visited{stroke-width:2.5}.line.tone-current{stroke-width:3.5}
.line.tone-covered,.line.tone-added{stroke:var(--yes);stroke-width:2.25}.tip.tone-covered,.tip.tone-added{fill:var(--yes);stroke:none}
.line.tone-uncovered,.line.tone-removed{stroke:var(--no);stroke-dasharray:2 5}
.label{fill:var(--surface);stroke:var(--accent);stroke-opacity:.45}
.label.error{fill:var(--no-soft);stroke:var(--no);stroke-dasharray:4 3;stroke-opacity:.6}
.label.fall-through{fill:var(--warn-soft);stroke:var(--fall);stroke-dasharray:1.5 3}
.chip.error{fill:var(--no)}.chip.fall-through{fill:var(--fall)}
.sign{fill:var(--accent)}.sign.error{fill:none;stroke:var(--no);stroke-width:1.9;stroke-linecap:round}.sign.fall-through{fill:none;stroke:var(--fall);stroke-width:1.4}
`;

/** Return how a drawing looks, all that it needs in itself. */
export function styleOf(look: Look): string {
  const dark = look === "both" ? `@media (prefers-color-scheme:dark){${colours(true)}}` : "";
  return `${colours(look === "dark")}${dark}${LOOKS}`;
}
