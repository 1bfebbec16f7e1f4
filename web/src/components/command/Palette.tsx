import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { Dialog as D } from "radix-ui";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { Session } from "@/api/session";
import type { Project } from "@/api/types";
import { cn } from "@/lib/cn";
import { useSettled } from "@/lib/hooks";
import { useChoices, type Choice } from "./useChoices";

interface Props {
  session: Session;
  projects: Project[] | undefined;
  close: () => void;
  help: () => void;
}

/** A field with a list below it (the combobox of ARIA): the focus stays in the field, and the keys move through the list. */
export function Palette({ session, projects, close, help }: Props) {
  const id = useId();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const { groups, searching } = useChoices({ text, settled: useSettled(text.trim()), session, projects, help });
  const all = groups.flatMap((g) => g.choices);
  const now = all[Math.min(at, all.length - 1)];

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [now?.key]);

  const take = (c: Choice | undefined) => {
    if (!c) return;
    close();
    if (c.place) void navigate(c.place as never);
    else c.act?.();
  };
  const keys = (e: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: text ? NaN : 0, End: text ? NaN : all.length - 1, PageDown: Math.min(at + 8, all.length - 1), PageUp: Math.max(at - 8, 0) }[e.key];
    if (to !== undefined && !Number.isNaN(to) && all.length > 0) {
      e.preventDefault();
      setAt((to + all.length) % all.length);
    } else if (e.key === "Enter" && !e.nativeEvent.isComposing) {
      e.preventDefault();
      take(now);
    }
  };
  return (
    <D.Root open onOpenChange={(o) => !o && close()}>
      <D.Portal>
        <D.Overlay className="fixed inset-0 z-40 bg-black/45 animate-fade" />
        <D.Content
          aria-describedby={undefined}
          className="fixed left-1/2 top-[min(12vh,7rem)] z-50 flex max-h-[min(32rem,76dvh)] w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-xl animate-fade focus:outline-none"
        >
          <D.Title className="sr-only">Search and commands</D.Title>
          <div className="flex items-center gap-2.5 border-b border-line px-4">
            <Search className="size-4 shrink-0 text-muted" aria-hidden />
            <input
              role="combobox"
              aria-label="Search pages, users, accounts, workflows, apps, or paste an id"
              aria-expanded={all.length > 0}
              aria-controls={`${id}-list`}
              aria-autocomplete="list"
              aria-activedescendant={now ? `${id}-${now.key}` : undefined}
              autoComplete="off"
              spellCheck={false}
              maxLength={250}
              placeholder="Go to a page, find a user, paste an id…"
              className="h-12 w-full bg-transparent outline-none placeholder:text-muted"
              value={text}
              onChange={(e) => {
                setText(e.target.value);
                setAt(0);
              }}
              onKeyDown={keys}
            />
            <kbd className="rounded border border-line-strong/60 px-1.5 font-sans text-xs text-muted max-sm:hidden">Esc</kbd>
          </div>
          <div id={`${id}-list`} ref={list} role="listbox" aria-label="Results" className="min-h-0 grow overflow-y-auto p-1.5">
            {groups.map((g) => (
              <div key={g.label} role="group" aria-labelledby={`${id}-${g.label}`} className="mb-1">
                <div id={`${id}-${g.label}`} className="px-2.5 py-1 text-xs text-muted">
                  {g.label}
                </div>
                {g.choices.map((c) => (
                  <div
                    key={c.key}
                    id={`${id}-${c.key}`}
                    role="option"
                    aria-selected={c === now}
                    onMouseMove={() => setAt(all.indexOf(c))}
                    onClick={() => take(c)}
                    className={cn("flex min-h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 py-1", c === now && "bg-accent-soft text-accent")}
                  >
                    <c.icon className="size-4 shrink-0" aria-hidden />
                    <span className="min-w-0 grow truncate">{c.label}</span>
                    {c.hint && <span className="max-w-[45%] shrink-0 truncate text-xs text-muted">{c.hint}</span>}
                  </div>
                ))}
              </div>
            ))}
          </div>
          <p role="status" className={cn("px-4 text-muted", all.length === 0 ? "py-6 text-center" : "sr-only")}>
            {all.length === 0 ? (searching ? "Searching…" : "Nothing is found. Users and apps are found by name, everything else by its id as well.") : `${all.length} found`}
          </p>
        </D.Content>
      </D.Portal>
    </D.Root>
  );
}
