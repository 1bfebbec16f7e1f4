import { FlaskConical, Redo2, Settings, Undo2 } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { example } from "@/lib/flow/example";
import { freeName, insert, names, type Path } from "@/lib/flow/tree";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { EditorContext } from "./editor";
import { Palette } from "./Palette";
import { SettingsDrawer } from "./SettingsDrawer";
import { StepDrawer } from "./StepDrawer";
import { StepList, Wire } from "./StepList";
import { TriggerCards, TriggerDrawer } from "./Triggers";
import type { Flow } from "./useFlow";

/** The picture of a workflow, which is its editor: triggers on top, steps below, and beside it what was chosen. */
export function FlowCanvas({ flow: f, tools }: { flow: Flow; tools?: ReactNode }) {
  const [place, setPlace] = useState<{ list: Path; index: number }>();
  const { undo, redo, moving, setMoving } = f;
  useEffect(() => {
    const keys = (e: KeyboardEvent) => {
      const typing = (e.target as HTMLElement).closest("input, textarea, select");
      if (!typing && (e.metaKey || e.ctrlKey) && e.key.toLowerCase() === "z") {
        e.preventDefault();
        (e.shiftKey ? redo : undo)?.();
      }
      if (e.key === "Escape" && moving) setMoving(undefined);
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  });
  const s = f.selection;
  const open = s !== undefined;
  return (
    <EditorContext.Provider value={f}>
      <div className={open ? "grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(22rem,27rem)]" : ""}>
        <Card flush className="bg-sunken/40">
          <div className="flex min-h-11 flex-wrap items-center gap-1.5 border-b border-line bg-surface px-3 py-1.5 rounded-t-lg">
            {!f.readOnly && (
              <>
                <Button variant="ghost" size="icon" aria-label="Undo" title="Undo (Ctrl+Z)" disabled={!undo} onClick={undo}>
                  <Undo2 className="size-4" aria-hidden />
                </Button>
                <Button variant="ghost" size="icon" aria-label="Redo" title="Redo (Ctrl+Shift+Z)" disabled={!redo} onClick={redo}>
                  <Redo2 className="size-4" aria-hidden />
                </Button>
              </>
            )}
            <p role="status" className="min-w-0 grow truncate text-[0.8125rem] text-muted">
              {moving ? "Choose where it goes; Escape leaves it where it is." : f.said}
              {!moving && f.said.includes("deleted") && undo && (
                <Button variant="link" size="none" className="ml-2" onClick={undo}>
                  Undo
                </Button>
              )}
            </p>
            {tools}
            {f.test && (
              <Button variant="ghost" size="sm" disabled={f.doc.steps.length === 0} onClick={() => f.test?.({})}>
                <FlaskConical className="size-4" aria-hidden />
                Test
              </Button>
            )}
            <Button variant="ghost" size="sm" id="flow-settings" aria-pressed={s === "settings"} onClick={() => f.select(s === "settings" ? undefined : "settings")}>
              <Settings className="size-4" aria-hidden />
              Settings
            </Button>
          </div>
          <p id="flow-keys" className="sr-only">
            Enter opens it. Arrows go to the next step, Alt with an arrow moves this one, Delete takes it away.
          </p>
          <div role="region" aria-label="Picture of the workflow" tabIndex={0} className="overflow-x-auto p-4 pb-8">
            <div className="mx-auto flex w-max min-w-full flex-col items-center">
              <TriggerCards />
              <StepList steps={f.doc.steps} path={["steps"]} label="Steps" add={(list, index) => setPlace({ list, index })} />
              {f.doc.steps.length === 0 ? (
                <div className="mt-2 max-w-sm text-center text-muted max-sm:sticky max-sm:left-0 max-sm:max-w-[calc(100vw-4.5rem)] max-sm:self-start">
                  <p>A workflow does one step after the other. Add the first: call an app, run code, wait, or decide.</p>
                  {!f.readOnly && (
                    <Button size="sm" className="mt-3" onClick={() => f.edit(example, { said: "An example; change it as you like" })}>
                      Begin with an example
                    </Button>
                  )}
                </div>
              ) : (
                <>
                  <Wire />
                  <span className="rounded-full border border-line bg-surface px-3 py-0.5 text-xs text-muted">End</span>
                </>
              )}
            </div>
          </div>
        </Card>
        {typeof s === "object" && "step" in s && <StepDrawer key={`${s.step.join(".")} ${f.revision}`} path={s.step} />}
        {typeof s === "object" && "trigger" in s && <TriggerDrawer key={`${s.trigger} ${f.revision}`} index={s.trigger} />}
        {s === "settings" && <SettingsDrawer key={f.revision} />}
      </div>
      <Palette
        open={place !== undefined}
        close={() => setPlace(undefined)}
        choose={(step) => {
          if (!place) return;
          const made = { ...step, name: freeName(step.name, names(f.doc)) };
          f.edit(insert(f.doc, place.list, place.index, made), { said: `${made.name} added` });
          setPlace(undefined);
          f.select({ step: [...place.list, place.index] });
        }}
      />
    </EditorContext.Provider>
  );
}
