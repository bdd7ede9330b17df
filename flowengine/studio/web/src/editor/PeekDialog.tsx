import { useState, type ReactNode } from "react";
import { openFlow } from "../api/studio";
import { link } from "../app/routes";
import { Canvas } from "../canvas/Canvas";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Icon } from "../parts/icons";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.peek;

/** A flow that is called, to look into without leaving the one that calls it; and those that it calls in turn. */
export function PeekDialog({ flow, onClose }: { flow: string; onClose: () => void }): ReactNode {
  const [way, setWay] = useState<readonly string[]>([flow]);
  const [selected, setSelected] = useState<string | null>(null);
  const here = way.at(-1) ?? flow;
  const { value: doc, error } = useAsked(() => openFlow(here), here);
  const graph = doc?.id === here ? doc.graph : null;
  const called = graph?.nodes.find((node) => node.id === selected)?.flow ?? null;
  const go = (to: readonly string[]) => {
    setWay(to);
    setSelected(null);
  };
  return (
    <Dialog title={text.title(shown(doc?.title ?? here))} onClose={onClose} wide>
      <div className="peek-head">
        <nav aria-label={text.way} className="crumbs">
          {way.map((one, number) => (
            <Button key={number} look="quiet" aria-current={number === way.length - 1 ? "page" : undefined} onClick={() => go(way.slice(0, number + 1))}>
              <bdi>{shown(one)}</bdi>
            </Button>
          ))}
        </nav>
        {called !== null && (
          <Button icon="eye" onClick={() => go([...way, called])}>
            {strings.form.peek(shown(called))}
          </Button>
        )}
        <a className="button" href={link(["flows", here])}>
          <Icon name="external" />
          {strings.form.openFlow(shown(here))}
        </a>
      </div>
      {error && <Problem error={error} />}
      <div className="peek">{graph ? <Canvas key={here} graph={graph} label={text.title(shown(doc?.title ?? here))} selected={selected} onSelect={setSelected} defaults /> : <p className="empty">{error ? "" : strings.common.loading}</p>}</div>
    </Dialog>
  );
}
