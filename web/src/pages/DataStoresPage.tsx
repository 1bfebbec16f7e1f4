import { Database } from "lucide-react";
import { listDataStores } from "@/api/workflows";
import type { DataStore, Schemas } from "@/api/types";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters } from "@/components/Filters";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { scopeWords, size } from "@/lib/stores";
import { paths } from "@/paths";

const columns: Column<DataStore>[] = [
  { head: "Of", cell: (s) => <span className="block max-w-24 truncate sm:max-w-64">{s.subject || "the project"}</span> },
  { head: "Kind", cell: (s) => <Badge>{scopeWords[s.scope] ?? s.scope}</Badge> },
  { head: "Records", cell: (s) => s.records.toLocaleString("en"), className: "tabular-nums" },
  { head: "Size", from: "sm", cell: (s) => size(s.bytes), className: "tabular-nums whitespace-nowrap" },
  { head: "Made", from: "sm", cell: (s) => <Time row at={s.created_at} /> },
];

/** What workflows and components keep, to find it again. */
export function DataStoresPage() {
  const scope = useScope();
  const [{ of }, setFilters] = useFilters();
  const wanted = of && of in scopeWords ? (of as Schemas["StoreScope"]) : undefined;
  const stores = usePages(["data_stores", scope, { wanted }], (after, limit) => listDataStores(scope, { scope: wanted, after, limit }));
  const clear = () => setFilters({ of: undefined });
  return (
    <>
      <PageHead title="State" text="What workflows and components keep to find it again: values by key." />
      <Filters clear={wanted ? clear : undefined}>
        <Select label="Kind" value={wanted ?? ""} onChange={(v) => setFilters({ of: v })} options={[{ value: "", label: "All kinds" }, ...Object.entries(scopeWords).map(([value, label]) => ({ value, label }))]} className="w-44" />
      </Filters>
      <ListTable
        views="state"
        label="Stores"
        query={stores}
        columns={columns}
        rowKey={(s) => s.id}
        place={(s) => paths.dataStore(scope, s.id)}
        empty={
          wanted ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={Database} title="Nothing is kept yet">
              A workflow’s step or a component that remembers something, such as where it was or whom it told, has it in a store: of the project, of a user, or one with a name of its own. What is in there is shown, changed and deleted here.
            </Empty>
          )
        }
      />
    </>
  );
}
