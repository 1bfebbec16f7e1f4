import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import { vi } from "vitest";
import type { ReactNode } from "react";
import { ToastProvider } from "@/components/ui/toast";
import type { Session } from "@/api/session";
import { SessionProvider } from "@/lib/hooks";

const session: Session = {
  member: { id: "mem_1", email: "robin@example.com", name: "Robin", role: "owner" },
  workspace: { id: "ws_1", name: "Acme" },
  set_up: "",
  base_url: "http://localhost:8080",
  tls_url: "https://localhost:8081",
  demo_url: "",
};

/** Shows a piece of the console at an address, with everything a page is given. */
export async function renderAt(ui: ReactNode, address = "/projects/proj_1/development/accounts", pattern = "/projects/$projectId/$environment/$", as: Partial<Session> = {}) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const root = createRootRoute();
  const page = createRoute({ getParentRoute: () => root, path: pattern, component: () => <SessionProvider value={{ ...session, ...as }}>{ui}</SessionProvider> });
  const elsewhere = createRoute({ getParentRoute: () => root, path: "/", component: () => <p>home</p> });
  const router = createRouter({
    routeTree: root.addChildren(pattern === "/" ? [page] : [page, elsewhere]),
    history: createMemoryHistory({ initialEntries: [address] }),
    parseSearch: (s) => Object.fromEntries(new URLSearchParams(s)),
  });
  await router.load();
  const view = render(
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <RouterProvider router={router as never} />
      </ToastProvider>
    </QueryClientProvider>,
  );
  return { ...view, router, queries };
}

export interface Sent {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

type Reply = { status?: number; body?: unknown; headers?: Record<string, string> };

/** Answers fetch from a function of the call, and keeps what was sent. */
export function fakeFetch(answer: (sent: Sent) => Reply | Promise<Reply>): Sent[] {
  const all: Sent[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(new URL(String(input), window.location.origin), { ...init, credentials: undefined });
    const url = new URL(request.url);
    // Every list asks for its member's views, which are nobody's test but their own.
    if (/^\/console\/api\/projects\/[^/]+\/views$/.test(url.pathname)) return new Response(`{"data":[]}`, { headers: { "content-type": "application/json" } });
    const sent = { method: request.method, path: url.pathname + url.search, headers: request.headers, body: await request.text() };
    all.push(sent);
    const { status = 200, body, headers } = await answer(sent);
    const text = body === undefined || status === 204 ? null : typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, { status, headers: { "content-type": typeof body === "string" ? "text/html" : "application/json", ...headers } });
  });
  return all;
}
