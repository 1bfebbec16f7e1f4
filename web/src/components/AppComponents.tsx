import { Link } from "@tanstack/react-router";
import { listComponents } from "@/api/components";
import type { App } from "@/api/types";
import { usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { ComponentTable } from "./ComponentTable";

/** What can be done with an app, and heard from it. */
export function AppComponents({ app: a }: { app: App }) {
  const scope = useScope();
  const components = usePages(["components", scope, "list", { app: a.name_slug }], (after, limit) => listComponents(scope, { app: a.name_slug, after, limit: limit ?? 10 }));
  return (
    <section aria-label="Actions and triggers">
      <div className="mb-2 flex items-baseline justify-between gap-3">
        <h2 className="font-semibold">Actions and triggers</h2>
        <Link {...(paths.components(scope, { app: a.name_slug }) as { to: string })} className="text-[0.8125rem] text-accent hover:underline underline-offset-4">
          Search them
        </Link>
      </div>
      <ComponentTable
        ofApp
        label="Actions and triggers"
        query={components}
        empty={<p className="px-4 py-6 text-muted">There is none for {a.name} yet. Its API can be called through the proxy.</p>}
      />
    </section>
  );
}
