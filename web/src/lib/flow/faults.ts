import type { Schemas } from "@/api/types";
import { parsePath, type Path } from "./tree";

/** What is wrong with a place of a document. */
export interface Fault {
  path: Path;
  message: string;
  line?: number;
}

const sentence = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1) + (/[.!?]$/.test(s) ? "" : ".");

export const faultsOf = (problems: Schemas["WorkflowProblem"][]): Fault[] => problems.map((p) => ({ path: parsePath(p.path), message: sentence(p.text), ...(p.line > 0 && { line: p.line }) }));

/** A path as it is written. */
export const writtenPath = (path: Path): string => path.reduce((s: string, k) => (typeof k === "number" ? `${s}[${k}]` : s ? `${s}.${k}` : k), "");
