import { Link, useNavigate } from "@tanstack/react-router";
import { useRef, type MouseEvent, type ReactNode } from "react";
import type { InfiniteData } from "@tanstack/react-query";
import { cn } from "@/lib/cn";
import { counted } from "@/lib/counted";
import type { FetchPage, Page } from "@/lib/hooks";
import type { Place } from "@/paths";
import { Async, type Faces } from "./Async";
import { CopyButton } from "./Copy";
import { CsvButton } from "./list/CsvButton";
import { useRowKeys } from "./list/useRowKeys";
import { Views } from "./list/Views";
import { Button } from "./ui/button";
import { Table, Td, Th } from "./ui/table";

export interface Column<T> {
  head: string;
  cell: (row: T) => ReactNode;
  /** Leaves the screen first when it gets narrow. */
  from?: "sm" | "md" | "lg";
  className?: string;
}

const hide = { sm: "hidden sm:table-cell", md: "hidden md:table-cell", lg: "hidden lg:table-cell" };

interface RowsProps<T> {
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  /** Where a row leads. The first column becomes the link, so that the keyboard has one stop per row. */
  place?: (row: T) => Place;
  label: string;
}

/** Ids of ours, which people take along; what is known by its name needs no copying. */
const id = /^[a-z]+_[0-9a-z]{26}$/;

/** Rows without paging, for short lists on other pages. */
export function Rows<T>({ rows, columns, rowKey, place, label }: RowsProps<T>) {
  const navigate = useNavigate();
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
  const copies = rows.some((r) => id.test(rowKey(r)));
  const copy = cn("hidden w-8 sm:table-cell", columns.some((c) => c.head === "Id") && "lg:hidden"); // it stands there with a button of its own
  const open = (row: T) => (e: MouseEvent<HTMLElement>) => {
    // A click on the row is a short-cut for the mouse; links, buttons and selected text keep their own meaning.
    if (!place || e.defaultPrevented || (e.target as HTMLElement).closest("a,button,label")) return;
    if (window.getSelection()?.toString()) return;
    void navigate(place(row) as never);
  };
  return (
    <div className="overflow-x-auto">
      <Table aria-label={label}>
        <thead>
          <tr className="border-b border-line">
            {columns.map((c) => (
              <Th key={c.head} className={cn(c.from && hide[c.from], c.className)}>
                {c.head}
              </Th>
            ))}
            {copies && (
              <Th className={copy}>
                <span className="sr-only">Copy</span>
              </Th>
            )}
          </tr>
        </thead>
        <tbody ref={body} data-rows className="divide-y divide-line">
          {rows.map((row) => (
            <tr key={rowKey(row)} onClick={open(row)} className={cn("group hover:bg-sunken/60 focus-within:bg-sunken/60", place && "cursor-pointer")}>
              {columns.map((c, i) => (
                <Td key={c.head} className={cn(c.from && hide[c.from], c.className)}>
                  {i === 0 && place ? (
                    <Link {...(place(row) as { to: string })} data-row className="font-medium hover:underline underline-offset-4">
                      {c.cell(row)}
                    </Link>
                  ) : i === 0 ? (
                    <span data-row tabIndex={-1} className="outline-none">
                      {c.cell(row)}
                    </span>
                  ) : (
                    c.cell(row)
                  )}
                </Td>
              ))}
              {copies && (
                <Td data-copy className={cn(copy, "!px-1")}>
                  {id.test(rowKey(row)) && <CopyButton text={rowKey(row)} what={`the id ${rowKey(row)}`} className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100" />}
                </Td>
              )}
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}

interface ListProps<T> extends Omit<RowsProps<T>, "rows"> {
  query: Faces<InfiniteData<Page<T>>> & { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown; fetchPage?: FetchPage<T> };
  /** Under which name members keep views of it; without one its filters cannot be kept. */
  views?: string;
  /** What an empty list teaches. */
  empty: ReactNode;
}

/** A list in all its states: the member's views of it, "Load more" while the API has more, and all of it as CSV. */
export function ListTable<T>({ query, empty, views, ...rest }: ListProps<T>) {
  return (
    <section className="rounded-lg border border-line bg-surface shadow-card">
      {views && (
        <div className="border-b border-line px-2.5 py-1.5 empty:hidden">
          <Views list={views} />
        </div>
      )}
      <Async query={query}>
        {(d) => {
          const rows = d.pages.flatMap((p) => p.data);
          const total = d.pages.at(-1)?.page_info.total_count ?? rows.length;
          if (rows.length === 0) return empty;
          return (
            <>
              <Rows rows={rows} {...rest} />
              <footer className="flex min-h-11 items-center justify-between gap-3 border-t border-line px-4 py-2 text-[0.8125rem] text-muted">
                <span>
                  {rows.length.toLocaleString("en")} of {rows.length > total ? rows.length.toLocaleString("en") : counted(total)}
                </span>
                <span className="flex items-center gap-2">
                  {query.fetchPage && <CsvButton label={rest.label} fetchPage={query.fetchPage} />}
                  {query.hasNextPage && (
                    <Button size="sm" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                      Load more
                    </Button>
                  )}
                </span>
              </footer>
            </>
          );
        }}
      </Async>
    </section>
  );
}
