import { describe, expect, it } from "vitest";
import type { KeptRun } from "../api/runs";
import { merged } from "./merged";

const run = (id: string, second: number, status: KeptRun["status"] = "succeeded") => ({ id, status, startedAt: `2026-11-23T10:00:0${second}Z` }) as KeptRun;

describe("merged", () => {
  it("puts what is new first, and keeps what is older", () => expect(merged([run("b", 2), run("a", 1)], [run("c", 3), run("b", 2)]).map((one) => one.id)).toEqual(["c", "b", "a"]));
  it("takes what is known as it is now", () => expect(merged([run("b", 2, "running")], [run("b", 2)]).map((one) => one.status)).toEqual(["succeeded"]));
  it("lets go of what the filter lets through no more", () => expect(merged([run("c", 3), run("a", 1)], [run("b", 2)]).map((one) => one.id)).toEqual(["b", "a"]));
});
