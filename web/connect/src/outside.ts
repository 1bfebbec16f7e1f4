// All that the page says to whoever opened it: messages to declared origins, and the redirects of a link.
import type { Message, Page, Problem } from "./contract.ts";

/** Who opened the page: the page around it, or the window that opened it. Null for a link. */
export function opener(page: Page, w: Window = window): Window | null {
  if (w.parent !== w) return w.parent;
  return page.link ? null : (w.opener as Window | null);
}

const local = new Set(["localhost", "127.0.0.1"]);

/**
 * The origins that may hear. In development a developer's own machine may, before its origin is declared. The page of a
 * token that nobody knows says nothing of anybody, and whoever opened it hears that.
 */
export function hearers(page: Page, w: Window = window): string[] {
  const origins = new Set([...page.origins, w.location.origin]), nobodys = page.problem?.code === "connect_token_invalid";
  for (const url of [w.location.ancestorOrigins?.[0], w.document.referrer]) {
    if (url && URL.canParse(url) && (nobodys || (page.development && local.has(new URL(url).hostname)))) origins.add(new URL(url).origin);
  }
  return [...origins];
}

export function tellOutside(page: Page, message: Message, w: Window = window) {
  const to = opener(page, w);
  if (!to) return;
  // The browser drops a message whose origin is not the receiver's, so each is tried.
  for (const origin of hearers(page, w)) to.postMessage(message, origin);
}

export const tellProblem = (page: Page, p: Problem) => tellOutside(page, { type: "error", error: p.message || p.code, code: p.code });

/** An address with parameters set. The scheme may be an app's own. */
export function withParams(address: string, values: Record<string, string | null>): string {
  const to = new URL(address);
  for (const [key, value] of Object.entries(values)) if (value !== null) to.searchParams.set(key, value);
  return to.href;
}

export const successURL = (page: Page, account: string) =>
  page.link && page.success_redirect_uri ? withParams(page.success_redirect_uri, { account_id: account, state: page.state }) : null;

export const errorURL = (page: Page, problem: Pick<Problem, "code" | "message">) =>
  page.link && page.error_redirect_uri ? withParams(page.error_redirect_uri, { error: problem.message || problem.code, error_code: problem.code, state: page.state }) : null;

/** The page goes: to an address, or away. */
export function goOut(page: Page, to: string | null) {
  if (to) return location.assign(to);
  tellOutside(page, { type: "close" });
  if (window.parent === window) window.close();
}
