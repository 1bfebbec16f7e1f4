import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback } from "react";
import { appFilesQuery, appsQuery, categoriesQuery } from "@/api/calls";
import { AppGrid } from "@/components/AppGrid";
import { Async, SkeletonCard } from "@/components/Async";
import { NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { PageHead } from "@/components/PageHead";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useFilters, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** The catalogue: what users can connect. */
export function AppsPage() {
  const scope = useScope();
  const [{ q, category, sort, of }, setFilters] = useFilters();
  const categories = useQuery(categoriesQuery);
  const apps = useInfiniteQuery(appsQuery({ ...(q && { q }), ...(category && { category_ids: [category] }), ...(sort === "name" && { sort_key: "name" as const }), ...(of && { limit: 1000 }) }));
  const files = useQuery(appFilesQuery);
  const own = new Map((files.data ?? []).map((f) => [f.slug, f.override]));
  const byText = useCallback((v: string) => setFilters({ q: v }), [setFilters]);
  const clear = () => setFilters({ q: undefined, category: undefined, of: undefined });
  const total = of ? apps.data?.pages.flatMap((p) => p.data).filter((a) => own.has(a.name_slug)).length : apps.data?.pages.at(-1)?.page_info.total_count;
  const options = [{ value: "", label: "All categories" }, ...(categories.data ?? []).map((c) => ({ value: c.id, label: c.name }))];
  // A category that no app has can still be seen and cleared.
  if (category && !options.some((o) => o.value === category)) options.push({ value: category, label: category });
  return (
    <>
      <PageHead
        title="Apps"
        text="What your users can connect. An app with OAuth needs a client that you register with its provider; one with keys works at once."
        actions={
          <Button asChild>
            <Link {...(paths.appFileNew(scope) as { to: string })}>Add an app</Link>
          </Button>
        }
      />
      <Filters clear={q || category || of ? clear : undefined}>
        <TextFilter label="Search apps" value={q ?? ""} onChange={byText} className="w-64 max-sm:w-full" />
        <Select label="Category" value={category ?? ""} onChange={(v) => setFilters({ category: v })} options={options} className="w-48" />
        <Select label="Order" value={sort ?? ""} onChange={(v) => setFilters({ sort: v })} options={[{ value: "", label: q ? "Best match first" : "Most used first" }, { value: "name", label: "By name" }]} className="w-40" />
        {own.size > 0 && <Select label="Whose" value={of ?? ""} onChange={(v) => setFilters({ of: v })} options={[{ value: "", label: "All apps" }, { value: "yours", label: "Yours and changed" }]} className="w-44" />}
        <span role="status" className="ml-auto text-[0.8125rem] text-muted">
          {total !== undefined && `${total.toLocaleString("en")} ${total === 1 ? "app" : "apps"}`}
        </span>
      </Filters>
      <Async query={apps} skeleton={<Loading />}>
        {(d) => {
          const all = d.pages.flatMap((p) => p.data).filter((a) => !of || own.has(a.name_slug));
          if (all.length === 0) {
            return (
              <section className="rounded-lg border border-line bg-surface shadow-card">
                <NoMatch clear={clear} />
              </section>
            );
          }
          return (
            <>
              <AppGrid apps={all} scope={scope} categories={categories.data} own={own} />
              {apps.hasNextPage && (
                <div className="mt-4 flex items-center justify-center gap-3 text-[0.8125rem] text-muted">
                  {all.length.toLocaleString("en")} of {(total ?? all.length).toLocaleString("en")}
                  <Button size="sm" busy={apps.isFetchingNextPage} onClick={() => void apps.fetchNextPage()}>
                    Load more
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Async>
    </>
  );
}

function Loading() {
  return (
    <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {Array.from({ length: 9 }, (_, i) => (
        <SkeletonCard key={i} />
      ))}
    </div>
  );
}
