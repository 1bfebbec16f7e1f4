import type { Schemas } from "@/api/types";

export type FormField = Schemas["SuspendField"];

/** What a person fills in: text as it is typed, and what is ticked. */
export type Filled = Record<string, string | boolean>;

export const emptyAnswer = (fields: FormField[]): Filled => Object.fromEntries(fields.map((f) => [f.name, f.type === "boolean" ? false : ""]));

/** What is filled in as the step takes it, and what is wrong with it, by field; as on the page that a link of the step opens. */
export function readAnswer(fields: FormField[], filled: Filled): { data: Record<string, string | number | boolean | null>; wrong: Record<string, string> } {
  const data: Record<string, string | number | boolean | null> = {};
  const wrong: Record<string, string> = {};
  for (const f of fields) {
    const v = filled[f.name];
    if (f.type === "boolean") {
      data[f.name] = v === true;
      if (f.required && v !== true) wrong[f.name] = "This has to be confirmed.";
      continue;
    }
    const text = typeof v === "string" ? (f.type === "text" && f.long ? v : v.trim()) : "";
    if (text === "") {
      data[f.name] = null;
      if (f.required) wrong[f.name] = "This is needed.";
    } else if (f.type === "number") {
      const n = Number(text.replaceAll(",", "."));
      data[f.name] = Number.isFinite(n) ? n : null;
      if (!Number.isFinite(n)) wrong[f.name] = `“${text}” is no number.`;
    } else {
      data[f.name] = text;
    }
  }
  return { data, wrong };
}
