export interface DiffLine {
  state: "same" | "added" | "removed" | "gap";
  text: string;
}

const AROUND = 3;
const MOST = 4_000_000;

/** Return what was added to and removed from a text, line by line, with a few lines around each change. */
export function diff(before: string, after: string): DiffLine[] {
  const [left, right] = [before.split("\n"), after.split("\n")];
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head++;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && left.at(-1 - tail) === right.at(-1 - tail)) tail++;
  const same = (lines: string[]): DiffLine[] => lines.map((text) => ({ state: "same", text }));
  return shortened([
    ...same(left.slice(0, head)),
    ...inner(left.slice(head, left.length - tail), right.slice(head, right.length - tail)),
    ...same(left.slice(left.length - tail)),
  ]);
}

/** The longest common subsequence by the table; texts that are too long for it are taken as all new. */
function inner(left: string[], right: string[]): DiffLine[] {
  const wide = right.length + 1;
  if (left.length * right.length > MOST) return [...left.map((text) => ({ state: "removed" as const, text })), ...right.map((text) => ({ state: "added" as const, text }))];
  const table = new Uint32Array((left.length + 1) * wide);
  const at = (row: number, column: number) => table[row * wide + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      table[row * wide + column] = left[row] === right[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      lines.push({ state: "same", text: left[row] ?? "" });
      row++;
      column++;
    } else if (column >= right.length || (row < left.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ state: "removed", text: left[row++] ?? "" });
    } else lines.push({ state: "added", text: right[column++] ?? "" });
  }
  return lines;
}

function shortened(lines: DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  lines.forEach((line, number) => {
    if (line.state !== "same") for (let one = number - AROUND; one <= number + AROUND; one++) near.add(one);
  });
  const kept: DiffLine[] = [];
  lines.forEach((line, number) => {
    if (near.has(number)) kept.push(line);
    else if (kept.at(-1)?.state !== "gap") kept.push({ state: "gap", text: "⋯" });
  });
  return kept;
}
