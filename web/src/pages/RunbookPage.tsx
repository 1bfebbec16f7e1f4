import { useEffect } from "react";
import source from "../../../RUNBOOK.md?raw";
import { Markdown } from "@/components/Markdown";
import { useTitle } from "@/lib/hooks";

/** What to do when a notification comes. Each links to the section of its event; it needs no sign-in, for it holds nothing of anybody's. */
export function RunbookPage() {
  useTitle("Runbook");
  useEffect(() => document.getElementById(window.location.hash.slice(1))?.scrollIntoView(), []);
  const [head = "", ...sections] = source.split("\n## ");
  return (
    <main className="mx-auto max-w-2xl space-y-8 px-4 py-8">
      <header>
        <h1 className="mb-2 text-xl font-semibold tracking-tight">Runbook</h1>
        <Markdown source={head.replace(/^# .*\n/, "")} />
      </header>
      {sections.map((s) => {
        const [title = "", ...rest] = s.split("\n");
        return (
          <section key={title} id={title.toLowerCase()} className="scroll-mt-6 target:border-l-2 target:border-accent target:pl-4">
            <h2 className="mb-2 font-semibold">
              <code>{title}</code>
            </h2>
            <Markdown source={rest.join("\n")} />
          </section>
        );
      })}
    </main>
  );
}
