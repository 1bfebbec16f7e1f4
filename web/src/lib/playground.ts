import type { Component, Scope } from "@/api/types";
import type { Call } from "./componentCode";

/** What is filled in on the playground; all of it but the props stands in the address. */
export interface Filled {
  user: string;
  account: string;
  url: string;
  action: string;
  trigger: string;
}

/** The props to begin with: the account, where the component takes one, and what else it must be given. */
export function firstProps(c: Component, account: string): Record<string, unknown> {
  return Object.fromEntries(
    c.configurable_props.flatMap((p): [string, unknown][] => {
      if (p.type === "app") return [[p.name, { authProvisionId: account }]];
      if (p.optional || p.type === "http_request" || p.type === "db") return [];
      return [[p.name, p.default ?? ({ integer: 0, boolean: false, object: {} } as Record<string, unknown>)[p.type] ?? (p.type.endsWith("[]") ? [] : "")]];
    }),
  );
}

/** The calls of the way from nothing to an app's answer, as a server makes them. */
export function calls(baseURL: string, scope: Scope, f: Filled, props: { action: Record<string, unknown>; trigger: Record<string, unknown> }): Record<"token" | "accounts" | "proxy" | "action" | "trigger", Call> {
  const at = { baseURL, scope };
  const through = new URLSearchParams({ url: f.url, account_id: f.account, external_user_id: f.user });
  return {
    token: { ...at, path: "tokens", body: { external_user_id: f.user } },
    accounts: { ...at, path: `accounts?${new URLSearchParams({ external_user_id: f.user })}`, method: "GET" },
    proxy: { ...at, path: `proxy?${through}`, method: "GET" },
    action: { ...at, path: "actions/run", body: { id: f.action, external_user_id: f.user, configured_props: props.action } },
    trigger: { ...at, path: "triggers/deploy", body: { id: f.trigger, external_user_id: f.user, configured_props: props.trigger } },
  };
}

export interface Answer {
  status: number;
  ms: number;
  /** As it came; objects are set out in lines. */
  text: string;
  body: unknown;
}

/** Makes a call as the signed-in member, at this very origin: the address that a server uses may be another. */
export async function make(c: Call, fetcher: typeof fetch = fetch): Promise<Answer> {
  const began = performance.now();
  const response = await fetcher(`/v1/connect/${encodeURIComponent(c.scope.projectId)}/${c.path}`, {
    method: c.method ?? "POST",
    credentials: "same-origin",
    headers: { "x-pd-environment": c.scope.environment, ...(c.body && { "content-type": "application/json" }) },
    body: c.body && JSON.stringify(c.body),
  });
  const raw = await response.text();
  const ms = performance.now() - began;
  try {
    const body: unknown = JSON.parse(raw);
    return { status: response.status, ms, body, text: JSON.stringify(body, null, 2) };
  } catch {
    return { status: response.status, ms, body: undefined, text: raw };
  }
}
