import { useLocation, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { Session } from "@/api/session";
import type { Project } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { covered, press, takesText } from "@/lib/keyboard";
import { visit } from "@/lib/recent";
import { hasSingleKeys } from "@/lib/storage";
import { entries } from "../places";

// Both are fetched when they are first asked for.
const Palette = lazy(() => import("./Palette").then((m) => ({ default: m.Palette })));
const KeyHelp = lazy(() => import("./KeyHelp").then((m) => ({ default: m.KeyHelp })));

const goes = Object.fromEntries(entries.flatMap((e) => (e.key ? [[e.key, e.label]] : [])));
const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The keyboard of the console: the palette, the keys that lead to pages, and the sheet that names them. */
export function Command({ session, projects }: { session: Session; projects: Project[] | undefined }) {
  const scope = useScope();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"palette" | "help">();
  const waiting = useRef(0);
  useVisits(session.member.id);

  useEffect(() => {
    const down = (e: KeyboardEvent) => {
      const { act, waiting: w } = press(e, waiting.current, Date.now(), goes);
      if (act && "act" in act && act.act === "palette") {
        e.preventDefault(); // browsers search with it
        waiting.current = 0;
        setOpen((o) => (o === "palette" ? undefined : "palette"));
        return;
      }
      if (e.defaultPrevented || e.isComposing || !hasSingleKeys() || takesText(e.target) || covered()) return;
      waiting.current = w;
      if (!act) return;
      e.preventDefault();
      if ("go" in act) {
        const entry = entries.find((x) => x.label === act.go);
        if (entry) void navigate(entry.place(scope) as never);
      } else if (act.act === "help") setOpen("help");
      else document.querySelector<HTMLInputElement>("main [role=search] input[type=search]")?.focus();
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [navigate, scope.projectId, scope.environment]);

  const close = () => setOpen(undefined);
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen("palette")}
        aria-keyshortcuts="Control+K Meta+K"
        aria-haspopup="dialog"
        className="mr-1 inline-flex h-8 items-center gap-2 rounded-md px-2 text-muted hover:bg-sunken hover:text-text md:border md:border-line-strong/60 md:px-2.5"
      >
        <Search className="size-4" aria-hidden />
        <span className="max-md:sr-only">Search</span>
        <span className="sr-only"> and commands</span>
        <kbd aria-hidden className="ml-3 hidden font-sans text-xs md:inline">{apple ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <Suspense fallback={null}>
        {open === "palette" && <Palette session={session} projects={projects} close={close} help={() => setOpen("help")} />}
        {open === "help" && <KeyHelp close={close} />}
      </Suspense>
    </>
  );
}

/** Remembers each page under the title it came to have. */
function useVisits(member: string) {
  const path = useLocation({ select: (l) => l.pathname });
  useEffect(() => {
    const title = document.querySelector("title");
    if (!title) return;
    const told = () => {
      const name = document.title.replace(/ · Patchbay$/, "");
      if (window.location.pathname === path && name && name !== "Patchbay") visit(member, { path, title: name });
    };
    const soon = setTimeout(told, 400); // two pages may have the same title, which is then no change
    const seen = new MutationObserver(told);
    seen.observe(title, { childList: true });
    return () => {
      clearTimeout(soon);
      seen.disconnect();
    };
  }, [path, member]);
}
