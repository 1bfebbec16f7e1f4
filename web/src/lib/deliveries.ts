import type { DeliveryFilter, DeliveryState, Replay } from "@/api/types";

export const stateNames: Record<DeliveryState, string> = { pending: "Pending", sending: "Sending", delivered: "Delivered", exhausted: "Given up", discarded: "Discarded" };

export const statusNames: Record<string, string> = { "2xx": "2xx: taken", "3xx": "3xx: a redirect", "4xx": "4xx: refused", "5xx": "5xx: failed" };

/** The classes of failures that people look for; the address may name any other. */
export const classNames: Record<string, string> = {
  status: "An answer that is no 2xx",
  timeout: "Timeout",
  connection: "Connection",
  dns: "Name not found",
  tls: "TLS",
  blocked_address: "Blocked address",
  payload_store: "The store of large payloads did not answer",
  payload_missing: "The payload is gone from its store",
  lease_expired: "Unknown outcome",
};

export type Search = Record<string, string | undefined>;

/** A local date and time, as a field of a form has it, in the API's form. What is none is left out. */
function moment(local: string | undefined): string | undefined {
  const at = local ? Date.parse(local) : NaN;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** The filter that an address of the console holds. */
export function filterOf(search: Search): DeliveryFilter {
  const { state, event, user, endpoint, error, status, since, until } = search;
  const filter: DeliveryFilter = {
    state: state && state in stateNames ? (state as DeliveryState) : undefined,
    event_type: event || undefined,
    external_user_id: user || undefined,
    endpoint_id: endpoint && /^whk_[0-9a-z]{26}$/.test(endpoint) ? endpoint : undefined,
    error: error || undefined,
    status: status && /^[1-5](\d\d|xx)$/.test(status) ? status : undefined,
    since: moment(since),
    until: moment(until),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, v]) => v !== undefined));
}

/** How far a replay is, from 0 to 1. */
export const progressOf = (r: Pick<Replay, "status" | "done" | "total">) => (r.status === "finished" || r.total === 0 ? 1 : Math.min(1, r.done / r.total));
