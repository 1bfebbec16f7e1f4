/** The little Markdown that setup guides are written in. It yields data, never HTML: a tag in the text stays text. */
export type Inline =
  | { kind: "text" | "code" | "link"; text: string }
  | { kind: "bold" | "emphasis"; inner: Inline[] };

export type Block =
  | { kind: "heading"; level: number; text: Inline[] }
  | { kind: "paragraph"; text: Inline[] }
  | { kind: "code"; code: string }
  | { kind: "list"; ordered: boolean; start: number; items: Block[][] };

const marker = /^(?:(\d{1,9})[.)]|[-*+])\s+/;
const heading = /^(#{1,6})\s+(.*?)\s*#*$/;
const span = /`([^`]+)`|\*\*([^*]+(?:\*[^*]+)*)\*\*|\*([^\s*](?:[^*]*[^\s*])?)\*|<(https:\/\/[^\s<>]+)>/g;

export function inline(source: string): Inline[] {
  const out: Inline[] = [];
  let from = 0;
  for (const m of source.matchAll(span)) {
    if (m.index > from) out.push({ kind: "text", text: source.slice(from, m.index) });
    from = m.index + m[0].length;
    if (m[1] !== undefined) out.push({ kind: "code", text: m[1] });
    else if (m[2] !== undefined) out.push({ kind: "bold", inner: inline(m[2]) });
    else if (m[3] !== undefined) out.push({ kind: "emphasis", inner: inline(m[3]) });
    else out.push({ kind: "link", text: m[4] ?? "" });
  }
  if (from < source.length) out.push({ kind: "text", text: source.slice(from) });
  return out;
}

const blank = (line: string | undefined) => line === undefined || line.trim() === "";
const indent = (line: string) => line.length - line.trimStart().length;

/** What ends a paragraph. As in CommonMark a number does so only when it is 1: a line may well begin with "2026." */
function begins(line: string): boolean {
  const m = marker.exec(line);
  return line.startsWith("```") || heading.test(line) || (m !== null && (m[1] === undefined || m[1] === "1"));
}

export function markdown(source: string): Block[] {
  return blocks(source.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n"));
}

function blocks(lines: string[]): Block[] {
  const out: Block[] = [];
  let i = 0;
  while (i < lines.length) {
    const line = (lines[i] ?? "").trimStart();
    const head = heading.exec(line);
    if (line === "") i++;
    else if (line.startsWith("```")) {
      const end = lines.findIndex((l, at) => at > i && l.trim() === "```");
      const to = end < 0 ? lines.length : end;
      out.push({ kind: "code", code: lines.slice(i + 1, to).join("\n") });
      i = to + 1;
    } else if (head) {
      out.push({ kind: "heading", level: head[1]?.length ?? 1, text: inline(head[2] ?? "") });
      i++;
    } else if (marker.test(line)) {
      const [list, next] = readList(lines, i);
      out.push(list);
      i = next;
    } else {
      const words: string[] = [];
      do words.push((lines[i++] ?? "").trim());
      while (!blank(lines[i]) && !begins((lines[i] ?? "").trimStart()));
      const text = words.join(" ");
      const only = /^`([^`]+)`$/.exec(text);
      out.push(only ? { kind: "code", code: only[1] ?? "" } : { kind: "paragraph", text: inline(text) });
    }
  }
  return out;
}

/** Reads a list from its first line; gives it and the line after it. */
function readList(lines: string[], from: number): [Block, number] {
  const base = indent(lines[from] ?? "");
  const number = marker.exec((lines[from] ?? "").trimStart())?.[1];
  const items: Block[][] = [];
  let i = from;
  while (i < lines.length) {
    const line = lines[i] ?? "";
    const m = marker.exec(line.trimStart());
    if (!m || indent(line) > base + 3 || indent(line) < base || (m[1] === undefined) !== (number === undefined)) break;
    const inside = indent(line) + m[0].length;
    const own = [line.slice(inside)];
    i++;
    // Its own lines stand further in; a line right below may also go on at the margin.
    while (i < lines.length) {
      const next = lines[i] ?? "";
      const deeper = indent(next) > indent(line);
      if (!blank(next) && !deeper && (blank(lines[i - 1]) || marker.test(next.trimStart()) || begins(next.trimStart()))) break;
      own.push(next.slice(Math.min(indent(next), inside)));
      i++;
    }
    items.push(blocks(own));
  }
  return [{ kind: "list", ordered: number !== undefined, start: Number(number ?? 1), items }, i];
}
