// Words that YAML would read as something other than text.
const reserved = /^(~|null|true|false|yes|no|on|off|y|n|[-+]?(\d|\.\d|\.inf|\.nan).*)$/i;
const plain = /^[A-Za-z/_][A-Za-z0-9 _./()=+@-]*$/;

function scalar(v: unknown): string {
  if (typeof v !== "string") return JSON.stringify(v ?? null);
  const bare = plain.test(v) && !reserved.test(v) && v.trim() === v;
  // A JSON string is a double-quoted YAML string.
  return bare ? v : JSON.stringify(v);
}

/** Several lines of text as they are, one below the other; undefined for what has to be quoted. */
function block(v: unknown, indent: string): string[] | undefined {
  if (typeof v !== "string" || !v.trim().includes("\n") || /^\s|\n\n$|[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]/.test(v)) return undefined;
  const ends = v.endsWith("\n");
  return [ends ? "|" : "|-", ...(ends ? v.slice(0, -1) : v).split("\n").map((l) => (l === "" ? "" : indent + l))];
}

function isLeaf(v: unknown): boolean {
  return typeof v !== "object" || v === null || Object.keys(v).length === 0;
}

function leaf(v: unknown): string {
  if (Array.isArray(v)) return "[]";
  return typeof v === "object" && v !== null ? "{}" : scalar(v);
}

function lines(v: unknown, indent: string): string[] {
  if (isLeaf(v)) {
    const [first = leaf(v), ...rest] = block(v, indent) ?? [];
    return [indent + first, ...rest];
  }
  if (Array.isArray(v)) {
    return v.flatMap((item) => {
      const [first = "", ...rest] = lines(item, `${indent}  `);
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  return Object.entries(v as object).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (isLeaf(value)) {
      const [first = leaf(value), ...rest] = block(value, `${indent}  `) ?? [];
      return [`${indent}${scalar(key)}: ${first}`, ...rest];
    }
    return [`${indent}${scalar(key)}:`, ...lines(value, `${indent}  `)];
  });
}

/** Writes a JSON value as YAML that reads back as the same value. Undefined members are left out. */
export function toYAML(v: unknown): string {
  return `${lines(v, "").join("\n")}\n`;
}

/** What a text in YAML or JSON means; throws a YAMLError that names the line. The reader is fetched when it is asked for. */
export async function fromYAML(text: string): Promise<unknown> {
  const { load, CORE_SCHEMA } = await import("js-yaml");
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (e) {
    const { reason, mark } = e as { reason?: string; mark?: { line: number } };
    throw new YAMLError(reason ?? String(e), (mark?.line ?? 0) + 1);
  }
}

export class YAMLError extends Error {
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(`Line ${line}: ${message}.`);
  }
}
