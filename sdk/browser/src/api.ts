import type { Call, Http } from "./http.js";
import { ListPage, type Page, type PageInfo } from "./page.js";
import type { Api, CallOptions, ProxyCallWithBody, Setup } from "./types.js";
import { base64url, body, query } from "./wire.js";

const root = "/v1/connect/";

/** The API of one user. A connect token knows its project, so no path names one. */
export function api(http: Http, externalUserId: string): Api {
  const at = (...names: string[]) => root + names.map(encodeURIComponent).join("/");
  const set = (input: Setup) => body({ ...input, externalUserId: input.externalUserId ?? externalUserId });

  async function list<T>(path: string, input: object, options?: CallOptions): Promise<Page<T>> {
    const answer = await http.json<{ data?: T[] | null; pageInfo?: PageInfo } | undefined>(path + query(input), options);
    return new ListPage(answer?.data ?? [], answer?.pageInfo ?? {}, (after) => list(path, { ...input, before: undefined, after }, options));
  }
  const one = async <T>(path: string, options?: CallOptions) => (await http.json<{ data: T }>(path, options)).data;

  async function forward<T>(method: string, call: ProxyCallWithBody, options?: CallOptions): Promise<T> {
    const { url, accountId, params = {}, headers = {}, body: content } = call;
    const [bare = "", fragment] = url.split("#", 2);
    const more = query(params, String).slice(1);
    const target = bare + (more && (bare.includes("?") ? "&" : "?") + more) + (fragment ? "#" + fragment : "");
    const sent: Call = { ...options, method, headers: {} };
    for (const [name, value] of Object.entries(headers)) sent.headers![/^content-type$/i.test(name) ? "Content-Type" : "x-pd-proxy-" + name.toLowerCase()] = value;
    if (content !== undefined) {
      const plain = typeof content !== "string" && !(content instanceof Blob || content instanceof FormData || content instanceof URLSearchParams || content instanceof ArrayBuffer || ArrayBuffer.isView(content));
      if (plain) sent.headers = { "Content-Type": "application/json", ...sent.headers };
      sent.body = plain ? JSON.stringify(content) : (content as BodyInit);
    }
    const answer = await http.send(at("proxy", base64url(target)) + query({ externalUserId: call.externalUserId ?? externalUserId, accountId }), sent);
    const kind = answer.headers.get("content-type") ?? "";
    if (!/json|^text\/|xml/i.test(kind)) {
      const blob = await answer.blob();
      return (blob.size ? blob : undefined) as T;
    }
    return (/json/i.test(kind) ? await http.read(answer) : await answer.text()) as T;
  }

  return {
    accounts: {
      list: (input = {}, options) => list(at("accounts"), { externalUserId, ...input }, options),
      get: (id, options) => http.json(at("accounts", id), options),
      delete: (id, options) => http.json(at("accounts", id), { ...options, method: "DELETE" }),
    },
    apps: {
      list: (input = {}, options) => list(at("apps"), input, options),
      get: (id, options) => one(at("apps", id), options),
    },
    components: {
      list: (input = {}, options) => list(at("components"), input, options),
      get: (key, input = {}, options) => one(at("components", key) + query(input), options),
      configure: (input, options) => http.post(at("components", "configure"), set(input), options),
      reload: (input, options) => http.post(at("components", "props"), set(input), options),
    },
    actions: { run: (input, options) => http.post(at("actions", "run"), set(input), options) },
    triggers: { deploy: async (input, options) => (await http.post<{ data: never }>(at("triggers", "deploy"), set(input), options)).data },
    proxy: {
      get: (call, options) => forward("GET", call, options),
      delete: (call, options) => forward("DELETE", call, options),
      post: (call, options) => forward("POST", call, options),
      put: (call, options) => forward("PUT", call, options),
      patch: (call, options) => forward("PATCH", call, options),
    },
  };
}
