import { createFrontendClient, type ConfigurableProp } from "@patchbay/browser";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { PatchbayProvider } from "../src/index.js";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  // eslint-disable-next-line -- a body is what a test says it is
  body: any;
}
type Answer = (asked: Asked) => unknown;

/** A Patchbay that answers from a table of "METHOD /path". What throws is a 400. */
export function world(routes: Record<string, Answer | unknown> = {}) {
  const asked: Asked[] = [];
  const fetch = vi.fn(async (input: unknown, init: RequestInit = {}) => {
    const url = new URL(String(input));
    const one: Asked = { method: init.method ?? "GET", path: url.pathname.replace("/v1/connect", ""), query: url.searchParams, body: init.body ? JSON.parse(String(init.body)) : undefined };
    asked.push(one);
    const route = routes[`${one.method} ${one.path}`];
    try {
      const answer = typeof route === "function" ? await (route as Answer)(one) : route;
      if (init.signal?.aborted) throw new DOMException("aborted", "AbortError");
      if (route === undefined) throw new Error(`nobody answers ${one.method} ${one.path}`);
      return answer === null ? new Response(null, { status: 204 }) : Response.json(answer);
    } catch (e) {
      if ((e as Error).name === "AbortError") throw e;
      return Response.json({ error: (e as Error).message, code: "bad", details: {} }, { status: 400 });
    }
  });
  const client = createFrontendClient({ externalUserId: "ada", host: "https://p.test", tokenCallback: async () => "ctok", fetch: fetch as typeof globalThis.fetch });
  const within = ({ children }: { children: ReactNode }) => <PatchbayProvider client={client}>{children}</PatchbayProvider>;
  return { client, routes, asked, to: (what: string) => asked.filter((a) => `${a.method} ${a.path}` === what), show: (ui: ReactNode) => render(ui, { wrapper: within }) };
}

export const page = (data: unknown[], end: string | null = null) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: end } });
export const account = (id: string, more: object = {}) => ({ id, name: id, external_id: "ada", healthy: true, dead: false, app: {}, ...more });
export const component = (...configurableProps: ConfigurableProp[]) => ({ key: "act", name: "Act", version: "1.0.0", configurableProps });

/** What the hosted page says, to whoever opened it. */
export const say = (data: unknown) => window.dispatchEvent(new MessageEvent("message", { data, origin: "https://p.test", source: document.querySelector("iframe")!.contentWindow }));
