/** What somebody wrote as JSON; what is wrong with it is told of `what`. */
export function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new Error(`${what} is not JSON: ${(e as Error).message}`);
  }
}

/** The same of what has to have names: a list or a number is refused. */
export function readObject(text: string, what: string): Record<string, unknown> {
  const v = readJson(text, what);
  if (typeof v !== "object" || v === null || Array.isArray(v)) throw new Error(`${what} is not an object: it begins with { and ends with }.`);
  return v as Record<string, unknown>;
}
