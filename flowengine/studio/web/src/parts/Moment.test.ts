import { describe, expect, it } from "vitest";
import { distance } from "./Moment";

const NOW = Date.parse("2026-11-23T10:00:00Z");

describe("distance", () => {
  it("says how long ago", () => expect(distance("2026-11-23T09:57:00Z", NOW)).toBe("3 min ago"));
  it("says how far ahead", () => expect(distance("2026-11-23T12:00:00Z", NOW)).toBe("in 2 hr"));
  it("does not round up", () => expect(distance("2026-11-23T09:00:01Z", NOW)).toBe("59 min ago"));
  it("names the day of what is long gone", () => expect(distance("2026-01-02T12:00:00Z", NOW)).toContain("2 Jan 2026"));
  it("shows what is no moment as it is", () => expect(distance("soon", NOW)).toBe("soon"));
});
