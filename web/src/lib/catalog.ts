import type { App, AppCategory } from "@/api/types";

/** One thing that a user is asked for when an account is connected. */
export interface AskedField {
  name: string;
  label: string;
  description: string;
  type: string;
  optional: boolean;
}

/** Reads custom_fields_json. What is not a list of fields asks for nothing. */
export function askedFields(json: string): AskedField[] {
  let all: unknown;
  try {
    all = JSON.parse(json);
  } catch {
    return [];
  }
  if (!Array.isArray(all)) return [];
  const text = (v: unknown) => (typeof v === "string" ? v : "");
  return all
    .filter((f): f is Record<string, unknown> => typeof f === "object" && f !== null && typeof (f as { name?: unknown }).name === "string")
    .map((f) => ({
      name: text(f.name),
      label: text(f.label) || text(f.name),
      description: text(f.description),
      type: text(f.type) || "text",
      optional: f.optional === true,
    }));
}

/** A category as people read it. Apps carry its short name ("developer_tools"), the list of categories its id. */
export function categoryName(short: string, all: AppCategory[] | undefined): string {
  const id = `appcat_${short.replaceAll("_", "")}`;
  const found = all?.find((c) => c.id === id || c.id === short)?.name;
  const words = short.replaceAll("_", " ");
  return found ?? words.slice(0, 1).toUpperCase() + words.slice(1);
}

export const authWords: Record<string, string> = {
  oauth: "OAuth: the user signs in to the app and allows access",
  keys: "Keys: the user enters what the app gave them",
  none: "None: the app asks nobody who they are",
};

export function authWord(a: Pick<App, "auth_type">): string {
  return authWords[a.auth_type ?? "none"] ?? a.auth_type ?? "";
}

/** Scopes as people write or paste them: one a line, or with spaces between. */
export function scopeLines(text: string): string[] {
  return [...new Set(text.split(/\s+/).filter(Boolean))];
}
