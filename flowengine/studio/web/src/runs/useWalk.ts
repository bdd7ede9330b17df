import { useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { dryRun, listRecordings, project, type Project } from "../api/dryRun";
import { textOf } from "../api/json";
import type { Doc, Json } from "../api/types";
import { replaceQuery, useRoute } from "../app/routes";
import { useAsked } from "../parts/useAsked";
import { before, outputsBefore, type Run } from "./run";
import type { Setup } from "./SetupPane";
import { requestOf, UNDECIDED, useDryRun, type Decisions } from "./useDryRun";

const EMPTY: Run = { id: "", flow: "", status: "running", result: null, reason: null, path: [], steps: [], variables: {} };
const NOTHING: Setup = { recording: null, sample: null, trigger: null, variables: null, environment: null, from: null };

/** No walk has more. */
const MOST_STEPS = 1000;

const goTo = (step: number) => replaceQuery({ step: String(step) });

/** Which of a walk's steps is looked at: the address says it, so that it can be linked. */
export function useStep(count: number): [number, (step: number) => void] {
  const { query } = useRoute();
  const asked = Number(query.get("step") ?? 0);
  return [Number.isInteger(asked) ? Math.min(Math.max(asked, 0), count) : 0, goTo];
}

/** Put what fits the flow first: its own sample, then those of its channel. */
function fitting(triggers: Project["triggers"], id: string, channel: string | null): Project["triggers"] {
  const points = (one: Project["triggers"][number]) => (one.name === id ? 2 : one.channel === channel ? 1 : 0);
  return [...triggers].sort((left, right) => points(right) - points(left));
}

/** What a dry-run begins with: what the address says, else the first recording, else a trigger of the flow's channel. */
function useSetup(id: string, doc: Doc | null) {
  const { query } = useRoute();
  const recordings = useAsked(() => listRecordings(id), id);
  const world = useAsked(project, "project");
  const [chosen, setSetup] = useState<Setup | null>(null);
  const channel = textOf(doc?.outline?.trigger?.channel) || null;
  const wanted = query.get("recording");
  const isOpen = doc !== null;
  const triggers = useMemo(() => fitting(world.value?.triggers ?? [], id, channel), [world.value, id, channel]);
  const first = useMemo<Setup | null>(() => {
    if (!recordings.value || !(world.value ?? world.error) || !isOpen) return null;
    const recording = recordings.value.find((one) => one.name === wanted) ?? recordings.value[0];
    if (recording) return { ...NOTHING, recording: recording.name };
    const sample = channel === null ? undefined : triggers[0];
    return { ...NOTHING, sample: sample?.path ?? null, trigger: sample?.data ?? {} };
  }, [recordings.value, world.value, world.error, isOpen, wanted, channel, triggers]);
  // The address has the last word: a link leads to another recording.
  const setup = chosen?.recording === wanted ? chosen : first;
  return { setup, setSetup, recordings, triggers, environments: world.value?.environments ?? [], byHand: query.get("step") === null };
}

/** A dry-run and all that can be done with it. */
export function useWalk(id: string, doc: Doc | null) {
  const { setup, setSetup, recordings, triggers, environments, byHand } = useSetup(id, doc);
  const [decided, setDecided] = useState<{ of: Setup | null; what: Decisions }>({ of: null, what: UNDECIDED });
  const decisions = decided.of === setup ? decided.what : UNDECIDED;
  const setDecisions = (what: Decisions) => setDecided({ of: setup, what });
  const [cutFailure, setCutFailure] = useState<ApiError | null>(null);
  const { result, error } = useDryRun(doc?.text ?? null, doc?.path ?? null, setup, decisions);
  const run = result?.run ?? EMPTY;
  const [asked, setAt] = useStep(run.steps.length);
  const at = byHand && setup?.recording === null ? run.steps.length : asked;
  const choicesBefore = (step: number) => new Map([...decisions.choices].filter(([index]) => index < step));
  const begin = (next: Setup) => {
    setSetup(next);
    setCutFailure(null);
    // Where each answer is asked for, one sees what is asked.
    replaceQuery({ recording: next.recording, step: next.recording === null ? null : "0" });
  };
  return {
    setup,
    recordings,
    triggers,
    environments,
    result,
    error: error ?? cutFailure,
    run,
    at,
    setAt,
    begin,
    /** Whether something was decided by hand. */
    decided: decisions !== UNDECIDED,
    /** Answer what the walk stopped at; `node` where another one than that is to be answered. */
    answer: (given: Json, node = result?.missing?.node) => {
      if (node === undefined) return;
      const answers = new Map(decisions.answers);
      answers.set(node, [...(answers.get(node) ?? []), given]);
      setDecisions({ ...decisions, answers });
      setAt(MOST_STEPS); // to what is asked next, or to the end
    },
    /** Take another outcome at the step that is looked at; null forgets the choice. */
    choose: (outcome: string | null) => {
      const choices = choicesBefore(at - 1);
      if (outcome !== null) choices.set(at - 1, outcome);
      setDecisions({ ...decisions, choices });
    },
    /** Let go of all answers that came from the step that is looked at on: each is asked for. */
    fromHere: async () => {
      if (doc === null || setup === null) return;
      try {
        const cut = (await dryRun({ ...requestOf(doc.text, doc.path, setup, decisions), until: at - 1 }, new AbortController().signal)).recording;
        setDecisions({ answers: new Map(), choices: choicesBefore(at - 1), cut });
        setAt(at - 1);
      } catch (failure) {
        if (!(failure instanceof ApiError)) throw failure;
        setCutFailure(failure);
      }
    },
    /** Begin at the node that is looked at, with everything as it was there; what then comes can be written by hand. */
    beginHere: () => {
      const step = run.steps[at - 1];
      if (setup === null || !step) return;
      begin({ ...setup, variables: before(step), from: { node: step.node, outputs: outputsBefore(run, at - 1) } });
    },
  };
}
