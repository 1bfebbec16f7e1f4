import { createContext, useContext } from "react";
import type { Context } from "@/lib/flow/expression";
import type { Fault } from "@/lib/flow/faults";
import type { Doc, Node, Path } from "@/lib/flow/tree";

/** What became of a step in the last run or test. */
export interface Result {
  status: string;
  output?: unknown;
  input?: unknown;
  error?: { message: string; code: string } | null;
  ms: number | null;
  /** The step, or one that it sees, was changed since. */
  stale?: boolean;
}

/** What is open beside the picture. */
export type Selection = { step: Path } | { trigger: number } | "settings" | undefined;

export interface Editor {
  doc: Doc;
  /** Changes the document. Said aloud with a sentence; edits with one word are undone at once. */
  edit: (to: Doc, how?: { said?: string; word?: string }) => void;
  selection: Selection;
  select: (s: Selection) => void;
  /** The step that looks for its place; each gap then takes it. */
  moving: Path | undefined;
  setMoving: (p: Path | undefined) => void;
  faults: Fault[];
  results: Record<string, Result>;
  /** What expressions of a step can see. */
  context: (path: Path | undefined) => Context;
  /** The user for whom lists are fetched and steps are tried. */
  user: string;
  setUser: (user: string) => void;
  /** Counts what was changed from elsewhere than the fields, which then begin anew. */
  revision: number;
  /** Runs the draft: up to a step, that step alone, or all of it. */
  test?: (wanted: { upTo?: string; only?: boolean }) => void;
  /** Nothing can be changed: a version is shown. */
  readOnly?: boolean;
}

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const e = useContext(EditorContext);
  if (!e) throw new Error("useEditor outside of the editor");
  return e;
}

/** What a field of the drawer edits. */
export interface Edited {
  node: Node;
  path: Path;
  set: (field: string, value: unknown) => void;
}

export const domId = (path: Path): string => `node-${path.join("-")}`;

/** What is wrong with the node at a path, by the field of it. */
export const wrongOf = (faults: Fault[], path: Path): Record<string, string> => Object.fromEntries(faults.flatMap((f) => [[String(f.path[path.length] ?? ""), f.message], [f.path.slice(path.length).join("."), f.message]]));
