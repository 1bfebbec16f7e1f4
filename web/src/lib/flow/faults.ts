import { ApiError } from "@/api/client";
import type { Path } from "./tree";
import { parsePath } from "./tree";

export interface Fault {
  path: Path;
  message: string;
  line?: number;
}

/** What a refusal of the API says of the places of a document; nothing for one that is about something else. */
export function faultsOf(error: unknown): Fault[] {
  if (!(error instanceof ApiError) || error.status !== 400) return [];
  const said = /^([A-Za-z_][\w-]*(?:\[\d+\]|\.[\w-]+)*): (.+)$/s.exec(error.message);
  if (!said) return [];
  const line = error.details.line;
  return [{ path: parsePath(said[1]!), message: sentence(said[2]!), ...(typeof line === "number" && { line }) }];
}

export const sentence = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1) + (/[.!?]$/.test(s) ? "" : ".");
