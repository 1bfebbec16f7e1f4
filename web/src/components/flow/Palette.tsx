import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useEffect, useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { listComponents, workingAppsQuery } from "@/api/components";
import type { Component } from "@/api/types";
import { cn } from "@/lib/cn";
import { kinds, offered, type Kind } from "@/lib/flow/kinds";
import type { Node } from "@/lib/flow/tree";
import { useScope, useSettled } from "@/lib/hooks";
import { AppIcon } from "../AppIcon";
import { Dialog, DialogContent } from "../ui/dialog";
import { Input } from "../ui/field";
import { stepIcon } from "./icons";

interface Choice {
  key: string;
  group: string;
  title: string;
  text: string;
  icon: ReactNode;
  make: () => Node;
}

/** An action's key as the name of a step. */
export const nameOf = (key: string): string => key.replace(/^~\//, "").replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 50) || "step";

const fits = (k: Kind, type: string, q: string) => `${k.label} ${k.text} ${type} ${k.words ?? ""}`.toLowerCase().includes(q);

/** What can be put into a workflow: the types of steps, and every action of the catalogue. */
export function Palette({ open, close, choose }: { open: boolean; close: () => void; choose: (step: Node) => void }) {
  return (
    <Dialog open={open} onOpenChange={(o) => !o && close()}>
      <DialogContent title="Add a step" className="top-[10vh] max-w-xl translate-y-0 p-4">
        <Choices choose={choose} />
      </DialogContent>
    </Dialog>
  );
}

function Choices({ choose }: { choose: (step: Node) => void }) {
  const scope = useScope();
  const id = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const q = text.trim().toLowerCase();
  const asked = useSettled(q);
  const apps = useQuery(workingAppsQuery);
  const actions = useQuery({ queryKey: ["components", scope, "palette", asked], queryFn: () => listComponents(scope, { component_type: "action", q: asked, limit: 20 }), placeholderData: (old) => old });
  const all: Choice[] = [
    ...offered.flatMap((type): Choice[] => {
      const k = kinds[type]!;
      const [Icon, style] = stepIcon(type);
      if (type === "action" || (q && !fits(k, type, q))) return [];
      return [{ key: type, group: k.group, title: k.label, text: k.text, icon: <span className={cn("flex size-7 shrink-0 items-center justify-center rounded-md", style)}><Icon className="size-4" aria-hidden /></span>, make: () => ({ name: type, type, ...structuredClone(k.blank) }) }];
    }),
    ...(actions.data?.data ?? []).map((c: Component): Choice => {
      const app = apps.data?.get(c.app ?? "");
      return { key: c.key, group: "Actions of apps", title: c.name, text: app?.name ?? c.description, icon: app ? <AppIcon app={app} size={28} /> : <span className="size-7 shrink-0" />, make: () => ({ name: nameOf(c.key), type: "action", component: c.key }) };
    }),
  ];
  useEffect(() => setActive(0), [q]);
  const keys = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setActive((n) => (n + (e.key === "ArrowDown" ? 1 : all.length - 1)) % Math.max(all.length, 1));
    }
    if (e.key === "Enter" && all[active]) {
      e.preventDefault();
      choose(all[active].make());
    }
  };
  return (
    <>
      <div className="relative">
        <Search className="pointer-events-none absolute left-2.5 top-2 size-4 text-muted" aria-hidden />
        <Input role="combobox" aria-label="Search steps and actions" aria-expanded aria-controls={`${id}-list`} aria-activedescendant={all[active] ? `${id}-${active}` : undefined} aria-autocomplete="list" placeholder="Search steps and actions, such as “wait” or “Slack message”" value={text} onChange={(e) => setText(e.target.value)} onKeyDown={keys} className="pl-8" autoComplete="off" />
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label="Steps and actions" className="mt-3 max-h-[min(28rem,60vh)] overflow-y-auto">
        {all.map((c, i) => (
          <li key={c.key} role="presentation">
            {c.group !== all[i - 1]?.group && (
              <div aria-hidden className="px-2 pb-1 pt-2 text-xs text-muted">
                {c.group}
              </div>
            )}
            <div
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === active}
              ref={(el) => {
                if (i === active) el?.scrollIntoView({ block: "nearest" });
              }}
              onClick={() => choose(c.make())}
              onMouseMove={() => setActive(i)}
              className={cn("flex cursor-pointer items-center gap-3 rounded-md px-2 py-1.5", i === active && "bg-sunken")}
            >
              {c.icon}
              <span className="min-w-0">
                <span className="block truncate font-medium">{c.title}</span>
                <span className="block truncate text-[0.8125rem] text-muted">{c.text}</span>
              </span>
            </div>
          </li>
        ))}
      </ul>
      {all.length === 0 && !actions.isFetching && (
        <p role="status" className="px-2 py-6 text-center text-muted">
          Nothing fits. An HTTP request calls whatever there is no action for.
        </p>
      )}
    </>
  );
}
