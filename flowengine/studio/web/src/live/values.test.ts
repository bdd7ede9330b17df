import { describe, expect, it } from "vitest";
import { readVariable } from "./values";

describe("readVariable", () => {
  it("takes text as it is", () => expect(readVariable("12", "string")).toBe("12"));
  it("reads numbers", () => expect(readVariable("12", "number")).toBe(12));
  it("takes no text for a number", () => expect(readVariable("twelve", "number")).toBeUndefined());
  it("takes anything where no type is said", () => expect(readVariable("twelve", null)).toBe("twelve"));
});
