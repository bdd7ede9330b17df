import { describe, expect, it } from "vitest";
import { Identities } from "./identities";

describe("a node that is renamed", () => {
  it("stays the one it was, also when it is renamed again, and back", () => {
    const identities = new Identities();
    const before = identities.of("a");
    identities.rename("a", "b");
    identities.rename("b", "c");
    expect(identities.of("c")).toBe(before);
    identities.rename("c", "a");
    expect(identities.of("a")).toBe(before);
  });

  it("is told from whoever gets its old id", () => {
    const identities = new Identities();
    identities.rename("a", "b");
    expect(identities.of("a")).not.toBe(identities.of("b"));
    expect(identities.of("a")).toBe(identities.of("a"));
  });
});
