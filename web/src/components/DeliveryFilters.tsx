import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { listEndpoints } from "@/api/calls";
import { classNames, stateNames, statusNames, type Search } from "@/lib/deliveries";
import { useScope } from "@/lib/hooks";
import { Filters, TextFilter } from "./Filters";
import { Input } from "./ui/field";
import { Select } from "./ui/select";

interface Props {
  search: Search;
  change: (by: Search) => void;
  /** Dead letters are all in one state. */
  withState?: boolean;
}

const keys = ["state", "status", "error", "event", "user", "endpoint", "since", "until"];
export const noFilter: Search = Object.fromEntries(keys.map((k) => [k, undefined]));
export const isFiltered = (search: Search) => keys.some((k) => search[k]);

const options = (all: string, names: Record<string, string>, also?: string) => [
  { value: "", label: all },
  ...Object.entries(names).map(([value, label]) => ({ value, label })),
  ...(also && !(also in names) ? [{ value: also, label: also }] : []),
];

/** By what a list of deliveries is narrowed. All of it stands in the address. */
export function DeliveryFilters({ search, change, withState }: Props) {
  const { state, status, error, event, user, endpoint, since, until } = search;
  const byEvent = useCallback((v: string) => change({ event: v }), [change]);
  const byUser = useCallback((v: string) => change({ user: v }), [change]);
  const scope = useScope();
  const endpoints = useQuery({ queryKey: ["endpoints", scope, "all"], queryFn: () => listEndpoints(scope, { limit: 100 }), staleTime: 30_000 });
  const names = Object.fromEntries((endpoints.data?.data ?? []).map((e) => [e.id, e.description || e.url]));
  return (
    <Filters clear={isFiltered(search) ? () => change(noFilter) : undefined}>
      {withState && <Select label="State" value={state && state in stateNames ? state : ""} onChange={(v) => change({ state: v })} options={options("All states", stateNames)} className="w-36" />}
      <Select label="Last answer" value={status ?? ""} onChange={(v) => change({ status: v })} options={options("Any answer", statusNames, status)} className="w-36" />
      <Select label="Class of failure" value={error ?? ""} onChange={(v) => change({ error: v })} options={options("Any failure", classNames, error)} className="w-40" />
      <TextFilter label="Exact event type" value={event ?? ""} onChange={byEvent} className="w-44 max-sm:w-full" />
      <TextFilter label="User" value={user ?? ""} onChange={byUser} className="w-40 max-sm:w-full" />
      <Select label="Endpoint" value={endpoint ?? ""} onChange={(v) => change({ endpoint: v })} options={options("Any endpoint", names, endpoint)} className="w-44" />
      <Moment label="From" value={since} onChange={(v) => change({ since: v })} />
      <Moment label="To" value={until} onChange={(v) => change({ until: v })} />
    </Filters>
  );
}

function Moment({ label, value, onChange }: { label: string; value: string | undefined; onChange: (v: string) => void }) {
  return (
    <label className="inline-flex items-center gap-1.5 text-muted max-sm:w-full">
      {label}
      <Input type="datetime-local" value={value ?? ""} onChange={(e) => onChange(e.target.value)} className="w-48 text-text max-sm:grow" />
    </label>
  );
}
