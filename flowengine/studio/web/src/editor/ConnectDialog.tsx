import { useMemo, useState, type ReactNode } from "react";
import type { Graph, NodeOutcome, NodeType } from "../api/types";
import { Chooser, type Choice } from "../parts/Chooser";
import { Dialog } from "../parts/Dialog";
import { iconOf } from "../parts/icons";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { isOpen, palette } from "./adding";

const text = strings.connect;

/** Where an outcome is to lead: to a node that is there, to a new one, or to none any more. */
export type Target = { node: string } | { add: string } | { nowhere: true };

interface Props {
  from: string;
  outcome: string | null;
  outcomes: readonly NodeOutcome[];
  graph: Graph;
  types: readonly NodeType[];
  /** A target that is known already: only the outcome is asked for. */
  to?: string | null;
  onDone: (outcomes: string[], target: Target) => void;
  onClose: () => void;
}

function outcomeChoices(outcomes: readonly NodeOutcome[]): Choice[] {
  const choices = outcomes.map(
    (outcome): Choice => ({
      id: outcome.name,
      label: outcome.name,
      tone: outcome.kind,
      group: isOpen(outcome) || outcome.default ? text.open : text.connected,
      ...(outcome.to === null ? {} : { aside: `→ ${outcome.to}${outcome.default ? ` (${text.byDefault})` : ""}` }),
    }),
  );
  return choices.sort((left, right) => Number(left.group === text.connected) - Number(right.group === text.connected));
}

function targetChoices(from: string, graph: Graph, types: readonly NodeType[]): Choice[] {
  const nodes = graph.nodes.map(
    (node): Choice => ({
      id: `node:${node.id}`,
      label: node.title ?? node.id,
      aside: node.title === null ? (node.type ?? "") : node.id,
      icon: node.end === "success" ? "check" : node.end === "error" ? "cross" : iconOf(node.type, node.kind),
      group: text.nodes,
    }),
  );
  const last = (choice: Choice) => Number(choice.id === `node:${from}`);
  nodes.sort((left, right) => last(left) - last(right));
  return [...nodes, ...palette(types).map((choice) => ({ ...choice, id: `add:${choice.id}`, group: text.add(choice.group ?? "") }))];
}

const NOWHERE: Choice = { id: "nowhere", label: text.nowhere, icon: "cross", group: text.disconnect };

function targetOf(id: string): Target {
  if (id === NOWHERE.id) return { nowhere: true };
  return id.startsWith("node:") ? { node: id.slice(5) } : { add: id.slice(4) };
}

/** Ask for an outcome, then for where it leads; other outcomes may be led there at the same time. */
export function ConnectDialog({ from, outcome, outcomes, graph, types, to = null, onDone, onClose }: Props): ReactNode {
  const [chosen, setChosen] = useState<readonly string[]>(outcome === null ? [] : [outcome]);
  const [first] = chosen;
  const known = outcomes.find((one) => one.name === first);
  const leads = known?.to != null && !known.default && !known.fallThrough;
  const targets = useMemo(() => [...targetChoices(from, graph, types), ...(leads ? [NOWHERE] : [])], [from, graph, types, leads]);
  const others = outcomes.filter((one) => one.name !== first && isOpen(one));
  const choose = (choice: Choice) => {
    if (to !== null) onDone([choice.id], { node: to });
    else setChosen([choice.id]);
  };
  if (first === undefined) {
    return (
      <Dialog key="outcome" title={text.which(shown(from))} onClose={onClose}>
        <Chooser label={text.which(shown(from))} placeholder={text.findOutcome} choices={outcomeChoices(outcomes)} onChoose={choose} onClose={onClose} />
      </Dialog>
    );
  }
  const toggle = (name: string) => setChosen(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return (
    <Dialog key="target" title={text.where(shown(first))} onClose={onClose}>
      <Chooser
        label={text.where(shown(first))}
        placeholder={text.findTarget}
        choices={targets}
        onChoose={(choice) => onDone([...chosen], targetOf(choice.id))}
        onClose={onClose}
      />
      {others.length > 0 && (
        <fieldset className="also">
          <legend>{text.also}</legend>
          {others.map((one) => (
            <label key={one.name} className={`also-outcome ${one.kind}`}>
              <input type="checkbox" checked={chosen.includes(one.name)} onChange={() => toggle(one.name)} />
              <bdi>{shown(one.name)}</bdi>
            </label>
          ))}
        </fieldset>
      )}
    </Dialog>
  );
}
