import { useCallback, useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { openFlow } from "../api/studio";
import type { Graph } from "../api/types";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { DEEPEST, frameOf, inside, withOpened, type Called, type Picture } from "./subflows";

const text = strings.subflow;

interface Opened extends Called {
  flow: string;
}

export interface Subflows extends Picture {
  /** Open or close the flow that a node calls. */
  toggle: (node: string) => void;
  /** The call that was opened last, to bring it into sight. */
  last: string | null;
}

async function asked(flow: string): Promise<Opened> {
  try {
    const { title, graph } = await openFlow(flow);
    return { flow, title: title ?? flow, graph, said: graph ? null : text.cannotBeDrawn(shown(flow)) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { flow, title: flow, graph: null, said: error.message };
  }
}

/** Return why a call is not opened, although it could: it would go round in circles, or too deep. */
function refused(node: string, flow: string, open: ReadonlyMap<string, Opened>): string | null {
  let depth = 1;
  for (let frame = frameOf(node); frame !== ""; frame = frameOf(frame)) {
    if (open.get(frame)?.flow === flow) return text.recursive(shown(flow));
    depth++;
  }
  return depth > DEEPEST ? text.tooDeep : null;
}

/** The calls of a picture, to open them in place. Opened calls stay open while the picture changes. */
export function useSubflows(graph: Graph): Subflows {
  const [open, setOpen] = useState<ReadonlyMap<string, Opened>>(new Map());
  const [last, setLast] = useState<string | null>(null);
  const current = useMemo(() => {
    const flows = new Map(graph.nodes.map((node) => [node.id, node.flow]));
    return new Map([...open].filter(([node, { flow }]) => frameOf(node) !== "" || flows.get(node) === flow));
  }, [graph, open]);
  const picture = useMemo(() => withOpened(graph, current), [graph, current]);
  const toggle = useCallback(
    (node: string) => {
      const flow = picture.graph.nodes.find((one) => one.id === node)?.flow;
      if (flow == null) return;
      const put = (called: Opened) => {
        setOpen((before) => new Map([...before, [node, called]]));
        setLast(node);
      };
      if (current.has(node)) {
        setOpen((before) => new Map([...before].filter(([one]) => one !== node && !one.startsWith(inside(node, "")))));
        setLast(null);
        return;
      }
      const said = refused(node, flow, current);
      put({ flow, title: flow, graph: null, said: said ?? strings.common.loading });
      if (said !== null) return;
      void asked(flow).then((called) => setOpen((before) => (before.has(node) ? new Map([...before, [node, called]]) : before)));
    },
    [picture, current],
  );
  return { ...picture, toggle, last };
}
