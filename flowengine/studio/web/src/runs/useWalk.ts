import { useMemo, useState } from "react";
import { listRecordings, project } from "../api/dryRun";
import { textOf } from "../api/json";
import type { Doc, Json } from "../api/types";
import { replaceQuery, useRoute } from "../app/routes";
import { useAsked } from "../parts/useAsked";
import type { Run } from "./run";
import type { Setup } from "./SetupPane";
import { cutBefore, UNDECIDED, useDryRun, type Decisions } from "./useDryRun";

const EMPTY: Run = { id: "", flow: "", status: "running", result: null, reason: null, path: [], steps: [], variables: {} };

const goTo = (step: number) => replaceQuery({ step: String(step) });

/** Which of a walk's steps is looked at: the address says it, so that it can be linked. */
export function useStep(count: number): [number, (step: number) => void] {
  const { query } = useRoute();
  const asked = Number(query.get("step") ?? 0);
  return [Number.isInteger(asked) ? Math.min(Math.max(asked, 0), count) : 0, goTo];
}

/** What a dry-run begins with: what the address says, else the first recording, else a trigger of the flow's channel. */
function useSetup(id: string, doc: Doc | null) {
  const { query } = useRoute();
  const recordings = useAsked(() => listRecordings(id), id);
  const samples = useAsked(project, "project");
  const [chosen, setSetup] = useState<Setup | null>(null);
  const channel = textOf(doc?.outline?.trigger?.channel) || null;
  const wanted = query.get("recording");
  const first = useMemo<Setup | null>(() => {
    if (!recordings.value || !(samples.value ?? samples.error)) return null;
    const recording = recordings.value.find((one) => one.name === wanted) ?? recordings.value[0];
    if (recording) return { recording: recording.name, sample: null, trigger: null };
    const sample = samples.value?.triggers.find((one) => one.channel === channel);
    return { recording: null, sample: sample?.name ?? null, trigger: sample?.data ?? {} };
  }, [recordings.value, samples.value, samples.error, wanted, channel]);
  return { setup: chosen ?? first, setSetup, recordings, triggers: samples.value?.triggers ?? [], channel };
}

/** A dry-run and all that can be done with it. */
export function useWalk(id: string, doc: Doc | null) {
  const { setup, setSetup, recordings, triggers, channel } = useSetup(id, doc);
  const [decisions, setDecisions] = useState<Decisions>(UNDECIDED);
  const { result, error } = useDryRun(doc?.text ?? null, doc?.path ?? null, setup, decisions);
  const run = result?.run ?? EMPTY;
  const [at, setAt] = useStep(run.steps.length);
  const choicesBefore = (step: number) => new Map([...decisions.choices].filter(([index]) => index < step));
  return {
    setup,
    recordings,
    triggers,
    channel,
    result,
    error,
    run,
    at,
    setAt,
    /** Whether something was decided by hand. */
    decided: decisions !== UNDECIDED,
    begin: (next: Setup) => {
      setSetup(next);
      setDecisions(UNDECIDED);
      replaceQuery({ recording: next.recording, step: "0" });
    },
    /** Answer what the walk stopped at. */
    answer: (given: Json) => {
      const node = result?.missing?.node;
      if (node === undefined) return;
      const answers = new Map(decisions.answers);
      answers.set(node, [...(answers.get(node) ?? []), given]);
      setDecisions({ ...decisions, answers });
      setAt(run.steps.length + 1);
    },
    /** Take another outcome at the step that is looked at; null forgets the choice. */
    choose: (outcome: string | null) => {
      const choices = choicesBefore(at - 1);
      if (outcome !== null) choices.set(at - 1, outcome);
      setDecisions({ ...decisions, choices });
    },
    /** Let go of all that came from the step that is looked at on. */
    fromHere: () => {
      if (!result) return;
      setDecisions({ answers: new Map(), choices: choicesBefore(at - 1), cut: cutBefore(result, at - 1) });
      setAt(at - 1);
    },
  };
}
