import { ArrowDownToDot, Plus } from "lucide-react";
import { useState, type DragEvent } from "react";
import { cn } from "@/lib/cn";
import { lanes, move, stepAt, within, type Node, type Path } from "@/lib/flow/tree";
import { domId, useEditor } from "./editor";
import { StepCard } from "./StepCard";

/** The steps of one list from the top down, with a gap between any two where another can be put. */
export function StepList({ steps, path, label, add }: { steps: Node[]; path: Path; label: string; add: (list: Path, index: number) => void }) {
  return (
    <ol aria-label={label} className="flex flex-col items-center">
      <li>
        <Gap list={path} index={0} add={add} last={steps.length === 0} />
      </li>
      {steps.map((s, i) => (
        <li key={`${s.name} ${i}`} className="flex flex-col items-center">
          <StepCard step={s} path={[...path, i]} />
          <Lanes step={s} path={[...path, i]} add={add} />
          <Gap list={path} index={i + 1} add={add} last={i === steps.length - 1} />
        </li>
      ))}
    </ol>
  );
}

/** The ways through a block, side by side between two rails. */
function Lanes({ step, path, add }: { step: Node; path: Path; add: (list: Path, index: number) => void }) {
  const all = lanes(step);
  if (all.length === 0) return null;
  return (
    <>
      <Wire />
      <ul aria-label={`Ways through ${step.name}`} className="flex items-stretch rounded-xl border border-line bg-sunken/50">
        {all.map((l, i) => (
          <li key={l.path.join(".")} className={cn("flex min-w-60 flex-col items-center px-4 pb-1", i > 0 && "border-l border-dashed border-line")}>
            <span className={cn("-mt-3 max-w-52 truncate rounded-full border border-line bg-surface px-2.5 py-0.5 text-xs", l.condition ? "font-mono" : "font-medium")} title={l.condition}>
              {l.condition ? l.condition.replace(/^\{\{\s*|\s*\}\}$/g, "") || l.label : l.label}
            </span>
            <StepList steps={l.steps} path={[...path, ...l.path]} label={`${step.name}, ${l.label}`} add={add} />
          </li>
        ))}
      </ul>
    </>
  );
}

export function Wire({ tall }: { tall?: boolean }) {
  return <span aria-hidden className={cn("w-px shrink-0 bg-line-strong/70", tall ? "h-5" : "h-3")} />;
}

/** A place between steps: the wire, and what puts a step there. */
function Gap({ list, index, add, last }: { list: Path; index: number; add: (list: Path, index: number) => void; last?: boolean }) {
  const e = useEditor();
  const [over, setOver] = useState(false);
  const open = e.moving !== undefined && !within(list, e.moving);
  const drop = () => {
    if (!e.moving) return;
    const name = stepAt(e.doc, e.moving)?.name ?? "";
    const moved = move(e.doc, e.moving, { list, index });
    e.setMoving(undefined);
    e.edit(moved.doc, { said: `${name} moved` });
    requestAnimationFrame(() => document.getElementById(domId(moved.path))?.focus());
  };
  const drag = open
    ? {
        onDragOver: (ev: DragEvent) => {
          ev.preventDefault();
          setOver(true);
        },
        onDragLeave: () => setOver(false),
        onDrop: (ev: DragEvent) => {
          ev.preventDefault();
          setOver(false);
          drop();
        },
      }
    : {};
  if (e.readOnly) return last ? null : <Wire tall />;
  return (
    <div className={cn("flex flex-col items-center", open && "px-6")} {...drag}>
      <Wire />
      {open ? (
        <button type="button" onClick={drop} className={cn("flex items-center gap-1 rounded-full border border-dashed border-accent bg-accent-soft px-3 py-0.5 text-xs text-accent", over && "border-solid bg-fill text-on-fill")}>
          <ArrowDownToDot className="size-3.5" aria-hidden />
          Move here
        </button>
      ) : (
        <button
          type="button"
          aria-label={`Add a step ${index === 0 ? "at the beginning of" : "in"} ${list.length === 1 ? "the workflow" : (stepAt(e.doc, list.slice(0, list.findLastIndex((k) => typeof k === "number") + 1))?.name ?? "the block")}, place ${index + 1}`}
          title="Add a step"
          onClick={() => add(list, index)}
          className={cn("flex items-center justify-center rounded-full border border-line-strong/70 bg-surface text-muted transition-colors hover:border-fill hover:bg-fill hover:text-on-fill", last ? "my-0.5 size-7" : "size-5")}
        >
          <Plus className={last ? "size-4" : "size-3"} aria-hidden />
        </button>
      )}
      {!last && <Wire />}
    </div>
  );
}
