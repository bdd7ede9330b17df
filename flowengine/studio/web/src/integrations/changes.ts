import type { Stream, StreamChange } from "../api/integrations";

/** How a stream is to be set, once it is saved; assets by their ids. */
export interface Draft {
  assets: "all" | string[];
  channels: "all" | string[];
  authorization: string;
}

export const draftOf = (stream: Stream): Draft => ({
  assets: stream.assets === "all" ? "all" : stream.assets.map((one) => one.id),
  channels: stream.channels,
  authorization: stream.authorization,
});

const sorted = (value: "all" | string[]) => (value === "all" ? value : [...value].sort());

/** Return what differs from how it is set. */
export function changesOf(stream: Stream, draft: Draft): StreamChange {
  const now = draftOf(stream);
  return {
    ...(JSON.stringify(sorted(draft.assets)) === JSON.stringify(sorted(now.assets)) ? {} : { assets: draft.assets }),
    ...(JSON.stringify(sorted(draft.channels)) === JSON.stringify(sorted(now.channels)) ? {} : { channels: draft.channels }),
    ...(draft.authorization === now.authorization ? {} : { authorization: draft.authorization }),
  };
}
