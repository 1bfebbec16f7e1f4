import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { appsQuery, categoriesQuery } from "@/api/calls";
import { AppGrid } from "@/components/AppGrid";
import { Async, SkeletonCard } from "@/components/Async";
import { NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { PageHead } from "@/components/PageHead";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useFilters, useScope } from "@/lib/hooks";

/** The catalogue: what users can connect. */
export function AppsPage() {
  const scope = useScope();
  const [{ q, category, sort }, setFilters] = useFilters();
  const categories = useQuery(categoriesQuery);
  const apps = useInfiniteQuery(appsQuery({ ...(q && { q }), ...(category && { category_ids: [category] }), ...(sort === "name" && { sort_key: "name" as const }) }));
  const byText = useCallback((v: string) => setFilters({ q: v }), [setFilters]);
  const clear = () => setFilters({ q: undefined, category: undefined });
  const total = apps.data?.pages.at(-1)?.page_info.total_count;
  const options = [{ value: "", label: "All categories" }, ...(categories.data ?? []).map((c) => ({ value: c.id, label: c.name }))];
  // A category that no app has can still be seen and cleared.
  if (category && !options.some((o) => o.value === category)) options.push({ value: category, label: category });
  return (
    <>
      <PageHead title="Apps" text="What your users can connect. An app with OAuth needs a client that you register with its provider; one with keys works at once." />
      <Filters clear={q || category ? clear : undefined}>
        <TextFilter label="Search apps" value={q ?? ""} onChange={byText} className="w-64 max-sm:w-full" />
        <Select label="Category" value={category ?? ""} onChange={(v) => setFilters({ category: v })} options={options} className="w-48" />
        <Select label="Order" value={sort ?? ""} onChange={(v) => setFilters({ sort: v })} options={[{ value: "", label: q ? "Best match first" : "Most used first" }, { value: "name", label: "By name" }]} className="w-40" />
        <span role="status" className="ml-auto text-[0.8125rem] text-muted">
          {total !== undefined && `${total.toLocaleString("en")} ${total === 1 ? "app" : "apps"}`}
        </span>
      </Filters>
      <Async query={apps} skeleton={<Loading />}>
        {(d) => {
          const all = d.pages.flatMap((p) => p.data);
          if (all.length === 0) {
            return (
              <section className="rounded-lg border border-line bg-surface shadow-card">
                <NoMatch clear={clear} />
              </section>
            );
          }
          return (
            <>
              <AppGrid apps={all} scope={scope} categories={categories.data} />
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
