import { useEffect, useState, type ReactNode } from "react";
import { useShortcuts } from "../app/shortcuts";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import type { Run } from "./run";

const text = strings.timeline;
const PACE = 900;
const SPEEDS = [0.5, 1, 2, 4];

interface Props {
  run: Run;
  at: number;
  onAt: (at: number) => void;
  children?: ReactNode;
}

/** Step, play and slide through a run. */
export function Timeline({ run, at, onAt, children }: Props): ReactNode {
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  const last = run.steps.length;
  const plays = playing && at < last;
  useEffect(() => {
    if (!plays) return;
    const timer = window.setTimeout(() => onAt(at + 1), PACE / speed);
    return () => window.clearTimeout(timer);
  }, [plays, at, onAt, speed]);
  const play = () => {
    if (last === 0) return;
    if (!plays && at >= last) onAt(0);
    setPlaying(!plays);
  };
  const to = (step: number) => {
    // As long as no step is known, there is nowhere to go; an address may say where already.
    if (last === 0) return;
    setPlaying(false);
    onAt(Math.min(Math.max(step, 0), last));
  };
  useShortcuts({ " ": play, ".": () => to(at + 1), ",": () => to(at - 1), "[": () => to(0), "]": () => to(last) });
  const step = run.steps[at - 1];
  const said = step ? text.at(at, last, shown(step.node), shown(step.outcome)) : text.start;
  return (
    <section className="timeline" aria-label={text.title}>
      <div className="timeline-keys">
        <Button icon="first" look="quiet" label={text.first} keys="[" disabled={at === 0} onClick={() => to(0)} />
        <Button icon="back" look="quiet" label={text.back} keys="," disabled={at === 0} onClick={() => to(at - 1)} />
        <Button icon={plays ? "pause" : "play"} label={plays ? text.pause : text.play} keys="Space" disabled={last === 0} onClick={play} />
        <Button icon="next" look="quiet" label={text.next} keys="." disabled={at === last} onClick={() => to(at + 1)} />
        <Button icon="last" look="quiet" label={text.last} keys="]" disabled={at === last} onClick={() => to(last)} />
      </div>
      <select className="speed" aria-label={text.speed} value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
        {SPEEDS.map((one) => (
          <option key={one} value={one}>
            {one}×
          </option>
        ))}
      </select>
      <input type="range" className="slider" min={0} max={last} value={at} disabled={last === 0} aria-label={text.title} aria-valuetext={said} onChange={(event) => to(Number(event.target.value))} />
      <span className="timeline-said" role="status">
        {said}
      </span>
      {children}
    </section>
  );
}
