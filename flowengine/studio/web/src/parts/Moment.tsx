import { useEffect, useState, type ReactNode } from "react";
import { LOCALE } from "../strings";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const near = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto", style: "short" });
const whole = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium" });
const FAR = 7 * 86_400;

/** Return how far a moment is: "3 min ago"; where it is further than a week, the day. */
export function distance(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1000;
  if (!Number.isFinite(seconds)) return at;
  if (Math.abs(seconds) > FAR) return whole.format(Date.parse(at));
  const [unit, size] = UNITS.find(([, one]) => Math.abs(seconds) >= one) ?? ["second", 1];
  return near.format(Math.trunc(seconds / size), unit);
}

/** A moment as people say it; the whole of it where one points. */
export function Moment({ at }: { at: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 5_000);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={whole.format(Date.parse(at))}>
      {distance(at, now)}
    </time>
  );
}
