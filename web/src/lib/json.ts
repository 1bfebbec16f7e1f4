import { ApiError } from "@/api/client";

/** What somebody wrote as JSON; what is wrong with it is told of `what`, at the field of a form. */
export function readJson(text: string, what: string, field?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new ApiError(`${what} is not JSON: ${(e as Error).message}`, 0, "json", { field });
  }
}

/** The same of what has to have names: a list or a number is refused. */
export function readObject(text: string, what: string, field?: string): Record<string, unknown> {
  const v = readJson(text, what, field);
  if (typeof v !== "object" || v === null || Array.isArray(v)) throw new ApiError(`${what} is not an object: it begins with { and ends with }.`, 0, "json", { field });
  return v as Record<string, unknown>;
}
