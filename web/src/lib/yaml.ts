// Words that YAML would read as something other than text.
const reserved = /^(~|null|true|false|yes|no|on|off|y|n|[-+]?(\d|\.\d|\.inf|\.nan).*)$/i;
const plain = /^[A-Za-z/_][A-Za-z0-9 _./()=+@-]*$/;

function scalar(v: unknown): string {
  if (typeof v !== "string") return JSON.stringify(v ?? null);
  const bare = plain.test(v) && !reserved.test(v) && v.trim() === v;
  // A JSON string is a double-quoted YAML string.
  return bare ? v : JSON.stringify(v);
}

function isLeaf(v: unknown): boolean {
  return typeof v !== "object" || v === null || Object.keys(v).length === 0;
}

function leaf(v: unknown): string {
  if (Array.isArray(v)) return "[]";
  return typeof v === "object" && v !== null ? "{}" : scalar(v);
}

function lines(v: unknown, indent: string): string[] {
  if (isLeaf(v)) return [indent + leaf(v)];
  if (Array.isArray(v)) {
    return v.flatMap((item) => {
      const [first = "", ...rest] = lines(item, `${indent}  `);
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  return Object.entries(v as object).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (isLeaf(value)) return [`${indent}${scalar(key)}: ${leaf(value)}`];
    return [`${indent}${scalar(key)}:`, ...lines(value, `${indent}  `)];
  });
}

/** Writes a JSON value as YAML that reads back as the same value. Undefined members are left out. */
export function toYAML(v: unknown): string {
  return `${lines(v, "").join("\n")}\n`;
}
