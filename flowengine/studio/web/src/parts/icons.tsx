import type { ReactNode } from "react";

/** Signs of 16 by 16, drawn with lines in the colour of the text. */
const PATHS = {
  search: "M7 3a4 4 0 1 0 0 8a4 4 0 0 0 0-8M10 10l3.500 3.500",
  append: "M2.500 3.500h11v7h-6l-3 2.500v-2.500h-2zM5.500 7h5M8 4.800v4.400",
  create: "M13.500 8v2.500h-6l-3 2.500v-2.500h-2v-7h6M12 2v5M9.500 4.500h5",
  close: "M2.500 3.500h11v7h-6l-3 2.500v-2.500h-2zM6.200 5.200l3.600 3.600M9.800 5.200l-3.600 3.600",
  reopen: "M12.800 6.500A5 5 0 1 0 13 9M13 3v3.500H9.500",
  update: "M3 13l.6-2.800 7-7 2.200 2.200-7 7zM9.200 4.600l2.200 2.200",
  personAdd: "M6.500 3a2.300 2.300 0 1 0 0 4.600a2.300 2.300 0 0 0 0-4.600M2.500 13c0-2.300 1.700-3.600 4-3.600s4 1.300 4 3.600M12.500 5v4M10.500 7h4",
  personRemove: "M6.500 3a2.300 2.300 0 1 0 0 4.600a2.300 2.300 0 0 0 0-4.600M2.500 13c0-2.300 1.700-3.600 4-3.600s4 1.300 4 3.600M10.500 7h4",
  branch: "M8 2.500L13.500 8L8 13.500L2.500 8z",
  script: "M5.500 4.500L2.500 8l3 3.500M10.500 4.500l3 3.500l-3 3.500M9 3.500l-2 9",
  clock: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11M8 5v3.200l2.200 1.400",
  inbox: "M2.500 9l2-5.500h7l2 5.500v3.500h-11zM2.500 9h3.300l.8 1.500h2.800l.8-1.500h3.300",
  flow: "M2.500 2.500h5v4h-5zM8.500 9.500h5v4h-5zM5 6.500v5h3.500",
  parse: "M6 2.500C4 2.500 5 7 3 8c2 1 1 5.500 3 5.500M10 2.500c2 0 1 4.500 3 5.500c-2 1-1 5.500-3 5.500",
  globe: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11M2.500 8h11M8 2.500c-3 3.300-3 7.700 0 11c3-3.300 3-7.700 0-11",
  variable: "M3 4.500h10M3 8h6M3 11.500h8",
  box: "M3 4.500l5-2l5 2v7l-5 2l-5-2zM3 4.500l5 2l5-2M8 6.500v7",
  check: "M3.500 8.500l3 3l6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  bolt: "M9 2L4 9h3.500L7 14l5-7H8.500z",
  key: "M5.500 6.500a2.500 2.500 0 1 0 0 5a2.500 2.500 0 0 0 0-5M7.400 7.400L13 2.500M11 4.200l1.600 1.800",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  undo: "M5.500 3L2.500 6l3 3M2.500 6h6.500a4 4 0 0 1 0 8H7",
  redo: "M10.500 3l3 3l-3 3M13.500 6H7a4 4 0 0 0 0 8h2",
  save: "M3 3h8l2 2v8H3zM5.500 3v3.500h4.500V3M5.500 13V9.500h5V13",
  fit: "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
  sun: "M8 5.200a2.800 2.800 0 1 0 0 5.600a2.800 2.800 0 0 0 0-5.600M8 1.500v1.600M8 12.900v1.600M1.500 8h1.600M12.900 8h1.600M3.400 3.400l1.100 1.100M11.500 11.500l1.100 1.100M12.600 3.400l-1.100 1.100M4.500 11.500l-1.100 1.100",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
  auto: "M8 2.500a5.500 5.500 0 1 0 0 11zM8 2.500a5.500 5.500 0 0 1 0 11",
  help: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11M6.300 6.300c.3-2 3.400-1.700 3.400.2c0 1.200-1.700 1.300-1.700 2.600M8 11v.3",
  play: "M5 3l8 5l-8 5z",
  pause: "M5.500 3v10M10.500 3v10",
  next: "M4 3.500L9.500 8L4 12.500zM12 3.500v9",
  back: "M12 3.500L6.500 8l5.500 4.500zM4 3.500v9",
  first: "M13 3.500L8.500 8l4.500 4.500M8 3.500L3.500 8L8 12.500",
  last: "M3 3.500L7.500 8L3 12.500M8 3.500l4.500 4.500L8 12.500",
  warning: "M8 2.500L14 13H2zM8 6.500v3M8 11v.4",
  info: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11M8 7.500v3.500M8 5v.3",
  trash: "M3 4.500h10M6 4.500V3h4v1.500M4.500 4.500l.6 8.500h5.800l.6-8.500",
  link: "M6.500 9.500l3-3M7.500 4.800l1.300-1.300a2.600 2.600 0 0 1 3.700 3.700L11.200 8.500M8.500 11.200l-1.300 1.300a2.600 2.600 0 0 1-3.700-3.700L4.800 7.500",
  yaml: "M3 3.500h10M5.500 6.500h7.500M5.500 9.500h5M3 12.500h6",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
  down: "M4 6l4 4l4-4",
  up: "M4 10l4-4l4 4",
  right: "M6 4l4 4l-4 4",
  left: "M10 4L6 8l4 4",
  star: "M8 2.500l1.700 3.500 3.800.5-2.800 2.700.7 3.800L8 11.200 4.600 13l.7-3.800L2.500 6.500l3.800-.5z",
  eye: "M1.800 8C3.500 5 5.600 3.800 8 3.800S12.500 5 14.200 8C12.500 11 10.400 12.200 8 12.200S3.500 11 1.800 8M8 6.200a1.800 1.800 0 1 0 0 3.600a1.800 1.800 0 0 0 0-3.600",
  download: "M8 2.500v7M5 7l3 3l3-3M3 12.500v1h10v-1",
  external: "M9 3h4v4M13 3L7.500 8.500M11 9.500V13H3V5h3.500",
  shield: "M8 2l5 2v4c0 3-2 5-5 6c-3-1-5-3-5-6V4z",
} as const;

export type IconName = keyof typeof PATHS;

export const pathOf = (name: IconName): string => PATHS[name];

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

const BY_TYPE = new Map<string, IconName>([
  ["search-conversation", "search"],
  ["append-message", "append"],
  ["create-conversation", "create"],
  ["close-conversation", "close"],
  ["reopen-conversation", "reopen"],
  ["update-conversation", "update"],
  ["add-participant", "personAdd"],
  ["remove-participant", "personRemove"],
  ["branch", "branch"],
  ["evaluate", "script"],
  ["delay", "clock"],
  ["receive", "inbox"],
  ["call-flow", "flow"],
  ["data-parser", "parse"],
  ["http-request", "globe"],
  ["set-variables", "variable"],
]);

/** The sign of a node type; of one that is not known, by what kind of node it is. */
export function iconOf(type: string | null, kind = "work"): IconName {
  const known = type === null ? undefined : BY_TYPE.get(type);
  if (known) return known;
  return kind === "wait" ? "clock" : kind === "call" ? "flow" : kind === "branch" ? "branch" : "box";
}
