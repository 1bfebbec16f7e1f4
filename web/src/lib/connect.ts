/** What the hosted page tells the page that embeds it. */
export type ConnectMessage =
  | { type: "success"; authProvisionId: string }
  | { type: "error"; error: string }
  | { type: "close" };

/** The address for an iframe: the link without its stand-alone mode, for one app. */
export function embedURL(connectLink: string, app: string, profile?: string): string {
  const url = new URL(tabURL(connectLink, app, profile));
  url.searchParams.delete("connectLink");
  return url.toString();
}

/** The address for a tab of its own. */
export function tabURL(connectLink: string, app: string, profile?: string): string {
  const url = new URL(connectLink);
  url.searchParams.set("app", app);
  if (profile) url.searchParams.set("oauthScopeProfile", profile);
  return url.toString();
}

/** The address with which a user connects an account again. */
export function reconnectURL(connectLink: string, app: string, accountId: string): string {
  const url = new URL(tabURL(connectLink, app));
  url.searchParams.set("accountId", accountId);
  return url.toString();
}

/**
 * Reads a message of the hosted page, or null. A message of any other origin is ignored, whatever it says:
 * every window that holds a handle to ours may post to it.
 */
export function readMessage(event: Pick<MessageEvent, "origin" | "data">, pageURL: string): ConnectMessage | null {
  if (event.origin !== new URL(pageURL).origin) return null;
  const m = event.data as { type?: unknown; authProvisionId?: unknown; error?: unknown } | null;
  if (typeof m !== "object" || m === null) return null;
  switch (m.type) {
    case "success":
      return { type: "success", authProvisionId: typeof m.authProvisionId === "string" ? m.authProvisionId : "" };
    case "error":
      return { type: "error", error: typeof m.error === "string" && m.error ? m.error : "The account could not be connected." };
    case "close":
      return { type: "close" };
    default:
      return null;
  }
}

/** The origins that may embed the page: where the console is now, and its other door. */
export function allowedOrigins(here: string, ...others: string[]): string[] {
  const origins = [here, ...others.filter(Boolean).map((u) => new URL(u).origin)];
  return [...new Set(origins)];
}
