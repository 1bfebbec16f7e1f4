import type { Problem } from "./contract.ts";
import { has, say } from "./words.ts";

/** What to call the app and the product in sentences about a problem. */
export interface Names { app: string; product: string }

/** The cause in words: of the very code if there are some, else of its family. */
export function inWords(p: Problem, names: Names): string {
  const values = { app: names.app || say("problem.app"), product: names.product };
  if (has(`code.${p.code}`)) return say(`code.${p.code}`, values);
  // What the server says of a form names the field, so it is worth more than words of ours.
  if (p.cause === "input" && p.message) return p.message;
  return has(`problem.${p.cause}.text`) ? say(`problem.${p.cause}.text`, values) : p.message;
}
