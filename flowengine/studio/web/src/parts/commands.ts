export interface Command {
  does: "add" | "authorize";
  name: string;
}

const COMMAND = /(?:run )?`flowengine auth (add|authorize) '?([A-Za-z0-9][A-Za-z0-9._-]{0,63})'?(?: [^`]*)?`/g;

/** Part a sentence at the commands in it that this page has buttons for. */
export function commandsIn(text: string): (string | Command)[] {
  const parts: (string | Command)[] = [];
  let from = 0;
  for (const found of text.matchAll(COMMAND)) {
    parts.push(text.slice(from, found.index), { does: found[1] as Command["does"], name: found[2] ?? "" });
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)].filter((part) => part !== "");
}
