import type { FrontendClient, OpenOptions } from "@patchbay/browser";
import { listAccounts } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Account, type Scope } from "@/api/types";

/** One way through the hosted page, as the form hears of it. */
export class Way extends EventTarget {
  #over = false;
  constructor(readonly options: OpenOptions) {
    super();
  }
  connected(id: string) {
    this.options.onSuccess?.({ id });
    this.dispatchEvent(new CustomEvent("success", { detail: { id } }));
  }
  close() {
    if (this.#over) return;
    this.#over = true;
    this.dispatchEvent(new CustomEvent("close", { detail: {} }));
  }
}

const accountOf = (a: Account) => ({ id: a.id, name: a.name, externalId: a.external_id, healthy: a.healthy, dead: a.dead });

/**
 * What the form that customers embed calls of its client, made of the calls of a signed-in member: no connect token is
 * made, which would be counted as a session of the user. `open` shows the hosted page.
 */
export function formClient(scope: Scope, externalUserId: string, open: (way: Way) => void): FrontendClient {
  const accounts = async (query: { app?: string; after?: string }) => {
    const page = await listAccounts(scope, { app: query.app, external_user_id: externalUserId, after: query.after, limit: 100 });
    const { end_cursor } = page.page_info;
    return { data: page.data.map(accountOf), hasNextPage: () => end_cursor !== null, getNextPage: () => (end_cursor === null ? Promise.resolve(null) : accounts({ ...query, after: end_cursor })) };
  };
  const used = {
    externalUserId,
    accounts: { list: accounts },
    components: {
      configure: (q: Parameters<FrontendClient["components"]["configure"]>[0], options?: { signal?: AbortSignal }) =>
        data(
          api.POST("/connect/{project_id}/components/configure", {
            params: within(scope),
            body: { id: q.id, version: q.version, external_user_id: externalUserId, prop_name: q.propName, configured_props: q.configuredProps, dynamic_props_id: q.dynamicPropsId, page: q.page, prev_context: q.prevContext, query: q.query },
            ...options,
          }),
        ),
      reload: (q: Parameters<FrontendClient["components"]["reload"]>[0], options?: { signal?: AbortSignal }) =>
        data(
          api.POST("/connect/{project_id}/components/props", {
            params: within(scope),
            body: { id: q.id, version: q.version, external_user_id: externalUserId, configured_props: q.configuredProps, dynamic_props_id: q.dynamicPropsId },
            ...options,
          }),
        ),
    },
    open: (options: OpenOptions = {}) => {
      const way = new Way(options);
      open(way);
      return way;
    },
  };
  return used as unknown as FrontendClient;
}
