import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { appsQuery } from "@/api/calls";
import type { App } from "@/api/types";
import { cn } from "@/lib/cn";
import { useSettled } from "@/lib/hooks";
import { AppIcon } from "./AppIcon";
import { Async } from "./Async";
import { Button } from "./ui/button";
import { Input } from "./ui/field";

interface Props {
  value: App | undefined;
  onChange: (a: App) => void;
  /** Leaves out what is connected in another way. */
  only?: "oauth";
}

/** Radio buttons behind a search: arrow keys move between apps, as in any group of one choice. */
export function AppPicker({ value, onChange, only }: Props) {
  const [q, setQ] = useState("");
  const settled = useSettled(q.trim());
  const apps = useInfiniteQuery(appsQuery({ ...(settled && { q: settled }), limit: only ? 200 : 50 }));
  return (
    <fieldset className="space-y-1">
      <legend className="mb-1 font-medium">App{value && <span className="font-normal text-muted">: {value.name}</span>}</legend>
      <Input type="search" aria-label="Search apps" placeholder="Search apps" value={q} onChange={(e) => setQ(e.target.value)} maxLength={200} onKeyDown={(e) => e.key === "Enter" && e.preventDefault()} />
      <div className="mt-2 h-56 overflow-y-auto rounded-md border border-line">
        <Async query={apps}>
          {(d) => {
            const all = d.pages.flatMap((p) => p.data).filter((a) => !only || a.auth_type === only);
            if (all.length === 0 && !apps.hasNextPage) return <p className="p-4 text-center text-muted">{only ? "No app with OAuth is called that." : "No app is called that."}</p>;
            return (
              <>
                {all.map((a) => (
                  <label
                    key={a.name_slug}
                    className={cn("relative flex h-10 cursor-pointer items-center gap-2.5 border-b border-line px-3 hover:bg-sunken", "has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent", value?.name_slug === a.name_slug && "bg-accent-soft hover:bg-accent-soft")}
                  >
                    <input type="radio" name="app" className="sr-only" checked={value?.name_slug === a.name_slug} onChange={() => onChange(a)} />
                    <AppIcon app={a} />
                    <span className="min-w-0 grow truncate">{a.name}</span>
                    {!only && <span className="text-xs text-muted">{a.auth_type ?? ""}</span>}
                  </label>
                ))}
                {apps.hasNextPage && (
                  <div className="p-2 text-center">
                    <Button size="sm" busy={apps.isFetchingNextPage} onClick={() => void apps.fetchNextPage()}>
                      Load more
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </Async>
      </div>
    </fieldset>
  );
}
