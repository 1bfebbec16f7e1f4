import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback } from "react";
import { listComponents, workingAppsQuery } from "@/api/components";
import { ComponentTable } from "@/components/ComponentTable";
import { NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { PageHead } from "@/components/PageHead";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** The catalogue of operations: what can be done for a user in an app, and what can be heard from there. */
export function ComponentsPage() {
  const scope = useScope();
  const [{ q, type, app, whose }, setFilters] = useFilters();
  const of = type === "action" || type === "trigger" ? type : undefined;
  const registry = whose === "private" || whose === "public" ? whose : undefined;
  const apps = useQuery(workingAppsQuery);
  const components = usePages(["components", scope, "list", { q, of, app, registry }], (after, limit) => listComponents(scope, { q: q || undefined, component_type: of, app: app || undefined, registry, after, limit }));
  const byText = useCallback((v: string) => setFilters({ q: v }), [setFilters]);
  const clear = () => setFilters({ q: undefined, type: undefined, app: undefined, whose: undefined });
  const total = components.data?.pages.at(-1)?.page_info.total_count;
  const options = [{ value: "", label: "All apps" }, ...[...(apps.data?.values() ?? [])].map((a) => ({ value: a.name_slug, label: a.name }))];
  // An app without any can still be seen and cleared.
  if (app && !options.some((o) => o.value === app)) options.push({ value: app, label: app });
  return (
    <>
      <PageHead
        title="Actions and triggers"
        text="What your product can do for a user in an app, and what it can hear from there. Each can be tried here with a user’s account."
        actions={
          <Button asChild>
            <Link {...(paths.privateComponents(scope) as { to: string })}>Your own</Link>
          </Button>
        }
      />
      <Filters clear={q || of || app || registry ? clear : undefined}>
        <TextFilter label="Search actions and triggers" value={q ?? ""} onChange={byText} className="w-72 max-sm:w-full" />
        <Select
          label="Type"
          value={of ?? ""}
          onChange={(v) => setFilters({ type: v })}
          options={[
            { value: "", label: "Both types" },
            { value: "action", label: "Actions" },
            { value: "trigger", label: "Triggers" },
          ]}
          className="w-36"
        />
        <Select label="App" value={app ?? ""} onChange={(v) => setFilters({ app: v })} options={options} className="w-48" />
        <Select
          label="Whose"
          value={registry ?? ""}
          onChange={(v) => setFilters({ whose: v })}
          options={[
            { value: "", label: "Shipped and yours" },
            { value: "public", label: "Shipped" },
            { value: "private", label: "Yours" },
          ]}
          className="w-44"
        />
        <span role="status" className="ml-auto text-[0.8125rem] text-muted">
          {total !== undefined && `${total.toLocaleString("en")} found`}
        </span>
      </Filters>
      <ComponentTable label="Actions and triggers" query={components} empty={<NoMatch clear={clear} />} />
    </>
  );
}
