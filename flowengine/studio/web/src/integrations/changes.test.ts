import { describe, expect, it } from "vitest";
import type { Stream } from "../api/integrations";
import { changesOf } from "./changes";

const STREAM = { enabled: true, assets: [{ id: "b" }, { id: "a" }], channels: "all", authorization: "engage" } as Stream;
const SAME = { assets: ["a", "b"], channels: "all" as const, authorization: "engage" };

describe("changesOf", () => {
  it("finds nothing where only the order differs", () => expect(changesOf(STREAM, SAME)).toEqual({}));
  it("tells all channels from each of them", () => expect(changesOf(STREAM, { ...SAME, channels: ["sms"] })).toEqual({ channels: ["sms"] }));
});
