import type { FetchPage } from "./hooks";

/** What a spreadsheet would take for a formula, also in its wide forms. */
const formula = /^[\s]*[=+\-@\t\r＝＋－＠]/;

/** One cell. Text that a spreadsheet would run begins with an apostrophe, so that it is shown and not run. */
export function cell(v: unknown): string {
  if (v === null || v === undefined) return "";
  if (typeof v === "number" || typeof v === "boolean") return String(v);
  const text = typeof v === "string" ? v : JSON.stringify(v);
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A row with a column for each value; objects inside become columns of their own ("app.name"), lists stay in one. */
export function flat(row: unknown, prefix = ""): Record<string, unknown> {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return { [prefix || "value"]: row };
  return Object.entries(row).reduce<Record<string, unknown>>((all, [k, v]) => {
    const name = prefix ? `${prefix}.${k}` : k;
    // Two levels are what a table bears; what is deeper is written as JSON.
    const open = typeof v === "object" && v !== null && !Array.isArray(v) && !prefix;
    return Object.assign(all, open ? flat(v, name) : { [name]: v });
  }, {});
}

/** A table with a line of names, for all columns that any row has. */
export function csv(rows: unknown[]): string {
  const lines = rows.map((r) => flat(r));
  const heads = [...new Set(lines.flatMap((l) => Object.keys(l)))];
  const line = (cells: unknown[]) => `${cells.map(cell).join(",")}\r\n`;
  return line(heads) + lines.map((l) => line(heads.map((h) => l[h]))).join("");
}

/** The most that is written to one file. */
export const mostRows = 100_000;

/** All rows of a list, page by page. `told` hears how far it is and says whether to go on. */
export async function allRows<T>(fetchPage: FetchPage<T>, told: (rows: number, of: number) => boolean, most = mostRows): Promise<{ rows: T[]; whole: boolean } | null> {
  const rows: T[] = [];
  for (let after: string | undefined; ; ) {
    const page = await fetchPage(after, 500);
    rows.push(...page.data);
    if (!told(rows.length, Math.max(page.page_info.total_count, rows.length))) return null;
    const next = page.page_info.end_cursor ?? undefined;
    if (next === undefined || next === after || page.data.length === 0) return { rows, whole: true };
    if (rows.length >= most) return { rows: rows.slice(0, most), whole: false };
    after = next;
  }
}

/** Hands a file to the browser. */
export function download(name: string, content: Blob) {
  const url = URL.createObjectURL(content);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser has begun to read it by then
}
