import type { Account, Plan, Problem, Question } from "./contract.ts";

/** What the page shows. */
export type Screen =
  | { at: "loading" }
  | { at: "pick" }
  | { at: "methods"; plan: Plan }
  | { at: "explain"; plan: Plan }
  | { at: "input"; plan: Plan; error: string; field?: string }
  | { at: "wait"; plan: Plan; how: "window" | "blocked" | "tab"; closed: boolean }
  | { at: "verify"; app: string; keys: boolean }
  | { at: "question"; question: Question; flow: string }
  | { at: "done"; account: Account }
  | { at: "problem"; problem: Problem }
  | { at: "accounts"; said: string };

/** The first screen of a way in. Keys need no page of their own to say what they are for. */
export function entrance(plan: Plan): Screen {
  if (!plan.method) return { at: "methods", plan };
  return plan.method.kind === "keys" ? { at: "input", plan, error: "" } : { at: "explain", plan };
}

/** Where the way back leads; null = nothing was chosen here that could be unmade. */
export function before(screen: Screen, plan: Plan | null, fixed: { app: boolean; auth: boolean }): Screen | null {
  const { at } = screen;
  if (!plan || (at !== "methods" && at !== "explain" && at !== "input")) return null;
  if (at === "input" && plan.method?.kind === "oauth") return { at: "explain", plan };
  if (at !== "methods" && plan.methods.length > 1 && !fixed.auth) return { at: "methods", plan: { ...plan, method: null } };
  return fixed.app ? null : { at: "pick" };
}
