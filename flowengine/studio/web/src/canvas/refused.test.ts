import { describe, expect, it } from "vitest";
import { refusedOf } from "./refused";

const at = (name: string, state: "authorized" | "expired" | null) => ({ name, to: "x", state });

describe("authorizations that cannot be used", () => {
  it("are told by what the name leads to, where environments lead it", () =>
    expect([...refusedOf([{ name: "a", state: "authorized", environments: [at("dev", null), at("live", "expired")] }])]).toEqual([["a", "expired"]]));

  it("are told by what is stored under the name, where there is no environment", () =>
    expect([...refusedOf([{ name: "a", state: "pending", environments: [] }])]).toEqual([["a", "pending"]]));

  it("are none of those that work, or are not stored: a sandbox needs nothing", () =>
    expect(refusedOf([{ name: "a", state: "authorized", environments: [] }, { name: "b", state: null, environments: [at("dev", null)] }]).size).toBe(0));
});
