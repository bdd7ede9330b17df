import { describe, expect, it } from "vitest";
import { commandsIn } from "./commands";

describe("commandsIn", () => {
  it("leaves a sentence without commands", () => expect(commandsIn("it was refused: `flowengine run`")).toEqual(["it was refused: `flowengine run`"]));
  it("finds what to authorize", () => expect(commandsIn("'e' is pending: run `flowengine auth authorize e`")).toEqual(["'e' is pending: ", { does: "authorize", name: "e" }]));
  it("finds what to add, and what follows", () => expect(commandsIn("none; `flowengine auth add a-b --kind bearer` makes it")).toEqual(["none; ", { does: "add", name: "a-b" }, " makes it"]));
});
