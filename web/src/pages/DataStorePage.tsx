import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useCallback, useState } from "react";
import { clearDataStore, dataStoreQuery, listRecords, removeDataStore, removeRecord } from "@/api/workflows";
import type { StoreRecord } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { Filters, TextFilter } from "@/components/Filters";
import { pretty } from "@/components/Json";
import { ListTable, type Column } from "@/components/ListTable";
import { NoMatch } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { RecordDialog } from "@/components/RecordDialog";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useFilters, usePages, useParam, useScope } from "@/lib/hooks";
import { scopeWords, size } from "@/lib/stores";
import { paths } from "@/paths";

/** The records of one store, by their keys. */
export function DataStorePage() {
  const scope = useScope();
  const id = useParam("dataStoreId");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [{ prefix }, setFilters] = useFilters();
  const [open, setOpen] = useState<StoreRecord | "new">();
  const store = useQuery(dataStoreQuery(scope, id));
  const records = usePages(["data_stores", scope, id, "records", prefix], async (after, limit) => {
    const p = await listRecords(scope, id, { prefix, after_key: after, limit: limit ?? 50 });
    return { data: p.data, page_info: { total_count: 0, count: p.data.length, start_cursor: null, end_cursor: p.next_key } };
  });
  const refresh = () => void queries.invalidateQueries({ queryKey: ["data_stores"] });
  const byPrefix = useCallback((v: string) => setFilters({ prefix: v }), [setFilters]);
  const columns: Column<StoreRecord>[] = [
    {
      head: "Key",
      cell: (r) => (
        <>
          <code className="block max-w-32 truncate text-[0.8125rem] sm:max-w-56" title={r.key}>{r.key}</code>
          <code className="block max-w-32 truncate text-xs font-normal text-muted sm:hidden">{JSON.stringify(r.value ?? null)}</code>
        </>
      ),
    },
    { head: "Value", from: "sm", cell: (r) => <code className="block max-w-80 truncate text-[0.8125rem] text-muted" title={pretty(r.value)}>{JSON.stringify(r.value ?? null)}</code> },
    { head: "Version", from: "lg", cell: (r) => r.version, className: "tabular-nums" },
    { head: "Expires", from: "md", cell: (r) => <Time row at={r.expires_at} none="never" /> },
    { head: "Changed", from: "sm", cell: (r) => <Time row at={r.updated_at} /> },
    {
      head: "Action",
      className: "text-right whitespace-nowrap",
      cell: (r) => (
        <span className="inline-flex gap-1.5">
          <Button size="sm" aria-label={`Open ${r.key}`} onClick={() => setOpen(r)}>
            Open
          </Button>
          <Confirm
            trigger={
              <Button size="sm" variant="dangerGhost" aria-label={`Delete ${r.key}`}>
                Delete
              </Button>
            }
            title="Delete this record?"
            text="Whoever looks for it finds nothing from then on."
            action="Delete record"
            done="Record deleted"
            act={() => removeRecord(scope, id, r.key, r.version)}
            after={refresh}
          />
        </span>
      ),
    },
  ];
  const s = store.data;
  return (
    <>
      <PageHead
        title={s ? s.subject || "State of the project" : "Store"}
        up={{ label: "State", place: paths.dataStores(scope) }}
        badge={
          s && (
            <>
              <Badge>{scopeWords[s.scope] ?? s.scope}</Badge>
              <Id id={s.id} short />
            </>
          )
        }
        text={s && `${s.records.toLocaleString("en")} records, ${size(s.bytes)} of 64 MiB.`}
        actions={
          s && (
            <>
              <Button variant="primary" onClick={() => setOpen("new")}>
                <Plus className="size-4" aria-hidden />
                New record
              </Button>
              <Confirm trigger={<Button variant="dangerGhost">Empty</Button>} title="Delete all its records?" text="This cannot be undone." action="Empty the store" typed={id} done="The store is empty" act={() => clearDataStore(scope, id)} after={refresh} />
              <Confirm
                trigger={<Button variant="dangerGhost">Delete</Button>}
                title="Delete this store?"
                text="Its records go with it. This cannot be undone."
                action="Delete store"
                typed={id}
                done="Store deleted"
                act={() => removeDataStore(scope, id)}
                after={() => {
                  void navigate(paths.dataStores(scope) as never);
                  refresh();
                }}
              />
            </>
          )
        }
      />
      <Filters>
        <TextFilter label="Key begins with" value={prefix ?? ""} onChange={byPrefix} />
      </Filters>
      <ListTable label="Records" query={records} columns={columns} rowKey={(r) => r.key} empty={prefix ? <NoMatch clear={() => setFilters({ prefix: undefined })} /> : <p className="px-4 py-8 text-center text-muted">It is empty.</p>} />
      {open && <RecordDialog storeId={id} record={open === "new" ? undefined : open} close={() => setOpen(undefined)} saved={refresh} />}
    </>
  );
}
