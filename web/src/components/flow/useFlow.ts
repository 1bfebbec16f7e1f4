import { useCallback, useMemo, useReducer, useRef, useState } from "react";
import type { Variable } from "@/api/types";
import { Call, type Context } from "@/lib/flow/expression";
import type { Fault } from "@/lib/flow/faults";
import { history, type Edit, type History } from "@/lib/flow/history";
import { stale } from "@/lib/flow/stale";
import { find, inLoop, stepAt, visible, walk, type Doc, type Path } from "@/lib/flow/tree";
import type { Editor, Result, Selection } from "./editor";

/** What the last run or test knows of the steps. */
export interface Past {
  /** The document that was run. */
  base: Doc;
  trigger: unknown;
  results: Record<string, Result>;
}

export interface Flow extends Editor {
  dirty: boolean;
  undo?: () => void;
  redo?: () => void;
  /** The document from elsewhere, to which one cannot go back. */
  reset: (doc: Doc) => void;
  said: string;
}

interface Options {
  saved: Doc;
  past?: Past;
  environment: string;
  /** What expressions read as env.NAME; a secret has no value here. */
  env: Pick<Variable, "name" | "value" | "secret">[];
}

const none: Fault[] = [];

const kept = "what is kept there; null: nothing";
const state = { get: new Call(kept), user: new Call(kept), instance: new Call(kept), project: new Call(kept), store: new Call("store(name, key)") };

/** What expressions know as run: the addresses at which its steps are answered that wait for somebody. */
function runOf(doc: Doc) {
  const waits = walk(doc.steps).flatMap((p) => (p.step.type === "suspend" ? [p.step.name] : []));
  return { id: undefined, ...(waits.length > 0 && { resume_url: new Call("where it is answered", waits), cancel_url: new Call("where it is ended", waits) }) };
}

/** A definition under edit, with all that its editor shows. */
export function useFlow({ saved, past, environment, env }: Options): Flow {
  const [h, dispatch] = useReducer(history as (h: History<Doc>, e: Edit<Doc>) => History<Doc>, { now: saved, past: [], future: [] });
  const [selection, select] = useState<Selection>();
  const [moving, setMoving] = useState<Path>();
  const [said, say] = useState("");
  const [user, setUser] = useState("");
  const [revision, setRevision] = useState(0);
  const doc = h.now;
  const newest = useRef(doc);
  newest.current = doc;

  const edit = useCallback<Editor["edit"]>((to, how = {}) => {
    dispatch({ to, word: how.word });
    if (how.said) {
      say(`${how.said}.`);
      setRevision((n) => n + 1);
      // What is open stays so, wherever it is now.
      const before = newest.current;
      select((s) => {
        if (typeof s !== "object" || !("step" in s)) return s;
        const path = find(to, stepAt(before, s.step)?.name ?? "")?.path;
        return path && { step: path };
      });
    } else say("");
  }, []);
  const go = (way: "undo" | "redo") => () => {
    dispatch(way);
    say(way === "undo" ? "Undone." : "Done again.");
    setRevision((n) => n + 1);
    // What was open may be gone.
    select((s) => (typeof s === "object" && "step" in s && !stepAt((way === "undo" ? h.past : h.future)[0] ?? doc, s.step) ? undefined : s));
  };
  const reset = useCallback((to: Doc) => {
    dispatch({ reset: to });
    setRevision((n) => n + 1);
  }, []);

  const old = useMemo(() => (past ? stale(doc, past.base) : new Set<string>()), [doc, past]);
  const results = useMemo(() => Object.fromEntries(Object.entries(past?.results ?? {}).map(([name, r]) => [name, { ...r, stale: old.has(name) }])), [past, old]);
  const context = useCallback(
    (path: Path | undefined): Context => ({
      trigger: past?.trigger ?? { body: undefined, headers: undefined, query: undefined, method: undefined, path: undefined },
      ...(path && { steps: Object.fromEntries(visible(doc, path).map((s) => [s.name, past?.results[s.name]?.output])) }),
      ...(path && inLoop(doc, path) && { item: undefined, index: undefined }),
      user: { external_id: user || undefined, environment },
      state,
      instance: { id: undefined, config: undefined },
      run: runOf(doc),
      ...(env.length > 0 && { env: Object.fromEntries(env.map((v) => [v.name, v.secret ? "(secret)" : (v.value ?? undefined)])) }),
    }),
    [doc, past, user, environment, env],
  );
  return {
    doc, edit, selection, select, moving, setMoving, faults: none, results, context, user, setUser, revision, reset, said,
    dirty: doc !== saved && JSON.stringify(doc) !== JSON.stringify(saved),
    undo: h.past.length > 0 ? go("undo") : undefined,
    redo: h.future.length > 0 ? go("redo") : undefined,
  };
}

