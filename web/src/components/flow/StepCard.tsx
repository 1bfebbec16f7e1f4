import { useQuery } from "@tanstack/react-query";
import { Ban, CircleAlert, CircleCheck, CircleDashed, Clock, GripVertical, LoaderCircle, MoreHorizontal, type LucideIcon } from "lucide-react";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { workflowsQuery } from "@/api/calls";
import { cn } from "@/lib/cn";
import { accountWords, kindOf, summary } from "@/lib/flow/kinds";
import { duplicate, move, neighbour, owner, remove, same, walk, within, type Node, type Path } from "@/lib/flow/tree";
import { useScope } from "@/lib/hooks";
import { duration } from "@/lib/time";
import { Button } from "../ui/button";
import { Menu, MenuContent, MenuItem, MenuLine, MenuTrigger } from "../ui/dropdown";
import { domId, useEditor, type Editor, type Result } from "./editor";
import { stepIcon } from "./icons";

/** Brings a step up or down by one place; the focus stays with it. */
function shift(e: Editor, path: Path, name: string, by: -1 | 1) {
  const to = neighbour(e.doc, path, by);
  if (!to) return;
  const moved = move(e.doc, path, to);
  e.edit(moved.doc, { said: `${name} moved ${by < 0 ? "up" : "down"}` });
  requestAnimationFrame(() => document.getElementById(domId(moved.path))?.focus());
}

export function removeStep(e: Editor, path: Path, name: string) {
  e.select(undefined);
  e.edit(remove(e.doc, path), { said: `${name} deleted` });
}

export function copyStep(e: Editor, path: Path) {
  const two = duplicate(e.doc, path);
  e.edit(two.doc, { said: "Duplicated" });
  e.select({ step: two.path });
}

/** One step: a click or Enter opens it, Alt with an arrow moves it, Delete takes it away. */
export function StepCard({ step: s, path }: { step: Node; path: Path }) {
  const e = useEditor();
  const [Icon, style] = stepIcon(s.type);
  const chosen = typeof e.selection === "object" && "step" in e.selection && same(e.selection.step, path);
  const moved = e.moving !== undefined && within(path, e.moving);
  const wrong = e.faults.filter((f) => same(owner(e.doc, f.path)?.path, path));
  const as = accountWords(s);
  const all = useQuery({ ...workflowsQuery(useScope()), enabled: Boolean(s.workflow) });
  const called = all.data?.data.find((w) => w.id === s.workflow)?.name;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) box.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  const keys = (ev: KeyboardEvent) => {
    const by = ev.key === "ArrowUp" ? -1 : ev.key === "ArrowDown" ? 1 : 0;
    if (by !== 0) {
      ev.preventDefault();
      if (ev.altKey && !e.readOnly) return shift(e, path, s.name, by);
      const all = walk(e.doc.steps);
      const next = all[all.findIndex((p) => same(p.path, path)) + by];
      if (next) document.getElementById(domId(next.path))?.focus();
    }
    if ((ev.key === "Delete" || ev.key === "Backspace") && !e.readOnly) {
      ev.preventDefault();
      removeStep(e, path, s.name);
    }
  };
  return (
    <div
      ref={box}
      draggable={!e.readOnly}
      onDragStart={(ev) => {
        ev.stopPropagation();
        ev.dataTransfer.setData("text/plain", s.name);
        ev.dataTransfer.effectAllowed = "move";
        // Not at once: gaps that grow under the pointer would end the drag.
        setTimeout(() => e.setMoving(path));
      }}
      onDragEnd={() => e.setMoving(undefined)}
      className={cn("group relative flex w-60 scroll-my-20 items-center rounded-lg border bg-surface shadow-card sm:w-80", chosen ? "border-accent ring-2 ring-accent/30" : wrong.length > 0 ? "border-bad" : "border-line hover:border-line-strong", moved && "opacity-50")}
    >
      {!e.readOnly && <GripVertical className="absolute -left-0.5 size-4 cursor-grab text-muted opacity-0 group-hover:opacity-100" aria-hidden />}
      <button
        id={domId(path)}
        type="button"
        aria-current={chosen || undefined}
        aria-describedby={e.readOnly ? undefined : "flow-keys"}
        onClick={() => e.select({ step: path })}
        onKeyDown={keys}
        className="flex min-w-0 grow items-center gap-3 rounded-lg py-2 pl-3.5 text-left"
      >
        <span className={cn("flex size-8 shrink-0 items-center justify-center rounded-md", style)}>
          <Icon className="size-4" aria-hidden />
        </span>
        <span className="min-w-0 grow">
          <span className="flex items-baseline gap-2">
            <span className="truncate font-medium">{s.name || "(no name)"}</span>
            <span className="min-w-0 shrink-[3] truncate text-xs text-muted">{kindOf(s.type).label}</span>
          </span>
          <span className="block truncate text-[0.8125rem] text-muted">{summary(s, called)}</span>
          {as && <span className="block truncate text-xs text-accent">as {as}</span>}
          {wrong[0] && <span className="block text-xs text-bad">{wrong[0].message}</span>}
        </span>
        <ResultMark result={e.results[s.name]} />
      </button>
      {e.readOnly ? <span className="w-2" /> : <StepMenu step={s} path={path} />}
    </div>
  );
}

function StepMenu({ step: s, path }: { step: Node; path: Path }) {
  const e = useEditor();
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="iconSm" aria-label={`More for ${s.name}`} className="mr-1.5 shrink-0">
          <MoreHorizontal className="size-4" aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        <MenuItem onSelect={() => e.select({ step: path })}>Configure</MenuItem>
        <MenuItem onSelect={() => copyStep(e, path)}>Duplicate</MenuItem>
        <MenuLine />
        {neighbour(e.doc, path, -1) && <MenuItem onSelect={() => shift(e, path, s.name, -1)}>Move up</MenuItem>}
        {neighbour(e.doc, path, 1) && <MenuItem onSelect={() => shift(e, path, s.name, 1)}>Move down</MenuItem>}
        <MenuItem onSelect={() => e.setMoving(path)}>Move to…</MenuItem>
        <MenuLine />
        <MenuItem className="text-bad" onSelect={() => removeStep(e, path, s.name)}>
          Delete
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

const marks: Record<string, [LucideIcon, string, string]> = {
  succeeded: [CircleCheck, "text-good", "Succeeded"],
  failed: [CircleAlert, "text-bad", "Failed"],
  running: [LoaderCircle, "text-info animate-spin", "Running"],
  waiting: [Clock, "text-info", "Waiting"],
  ended_early: [Ban, "text-warn", "Ended the run"],
  canceled: [Ban, "text-muted", "Cancelled"],
};

/** What became of the step the last time; paler when it was changed since. */
function ResultMark({ result: r }: { result: Result | undefined }) {
  if (!r) return null;
  const [Icon, style, word] = marks[r.status] ?? [CircleDashed, "text-muted", "Not reached"];
  const text = `${word}${r.ms !== null ? ` in ${duration(r.ms)}` : ""}${r.stale ? "; changed since, test it again" : ""}`;
  return (
    <span title={text} className="flex shrink-0 flex-col items-center gap-0.5">
      {r.stale ? <Clock className="size-4 text-warn" aria-hidden /> : <Icon className={cn("size-4", style)} aria-hidden />}
      <span className="sr-only">{text}</span>
    </span>
  );
}
