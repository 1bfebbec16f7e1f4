/** Two texts compared line by line. */

export interface Line {
  kind: "same" | "removed" | "added";
  text: string;
  /** Its number in the text before, from 1; none of what was added. */
  before?: number;
  after?: number;
}

/** Beyond this many pairs of lines a place is shown as removed and added as a whole. */
const mostPairs = 4_000_000;

/** How long the longest common part is of what is left of two lists, by where they are cut. */
function common(a: string[], b: string[]): Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}

export function lineDiff(before: string, after: string): Line[] {
  const [a, b] = [before, after].map((t) => t.replace(/\n$/, "").split("\n")) as [string[], string[]];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const [left, right] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const table = left.length * right.length <= mostPairs ? common(left, right) : undefined;

  const out: Line[] = a.slice(0, head).map((text, i) => ({ kind: "same", text, before: i + 1, after: i + 1 }));
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (table && i < left.length && j < right.length && left[i] === right[j]) out.push({ kind: "same", text: left[i]!, before: head + ++i, after: head + ++j });
    else if (i < left.length && (j >= right.length || !table || table[i + 1]![j]! >= table[i]![j + 1]!)) out.push({ kind: "removed", text: left[i]!, before: head + ++i });
    else out.push({ kind: "added", text: right[j]!, after: head + ++j });
  }
  for (let n = tail; n > 0; n--) out.push({ kind: "same", text: a[a.length - n]!, before: a.length - n + 1, after: b.length - n + 1 });
  return out;
}

/** The lines in pairs, for the one text beside the other: what was removed stands beside what came in its place. */
export function sideBySide(lines: Line[]): [Line | undefined, Line | undefined][] {
  const out: [Line | undefined, Line | undefined][] = [];
  for (let i = 0; i < lines.length; ) {
    if (lines[i]!.kind === "same") {
      out.push([lines[i], lines[i]]);
      i++;
      continue;
    }
    const from = i;
    while (i < lines.length && lines[i]!.kind !== "same") i++;
    const part = lines.slice(from, i);
    const [gone, come] = [part.filter((l) => l.kind === "removed"), part.filter((l) => l.kind === "added")];
    for (let n = 0; n < Math.max(gone.length, come.length); n++) out.push([gone[n], come[n]]);
  }
  return out;
}

/** Runs of items, each with whether it is shown: what changed, and a few around it. */
export function shown<T>(all: T[], changed: (item: T) => boolean, around = 3): { items: T[]; open: boolean }[] {
  const near = new Set<number>();
  all.forEach((item, i) => {
    if (changed(item)) for (let n = i - around; n <= i + around; n++) near.add(n);
  });
  const out: { items: T[]; open: boolean }[] = [];
  all.forEach((item, i) => {
    const last = out.at(-1);
    if (last && last.open === near.has(i)) last.items.push(item);
    else out.push({ items: [item], open: near.has(i) });
  });
  return out;
}
