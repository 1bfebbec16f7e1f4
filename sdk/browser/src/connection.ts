import { ConnectError, PatchbayError } from "./errors.js";
import { frame, popupWindow } from "./surface.js";
import type { Held, Tokens } from "./token.js";
import type { Connection, OpenOptions } from "./types.js";

/** How a flow stands at the server, as far as it matters here. */
interface Standing {
  status: "none" | "open" | "testing" | "asking" | "succeeded" | "failed";
  account?: { id: string };
  problem?: { code: string; message: string; request_id?: string };
}

const stateKey = "patchbay-state";

export class Flow extends EventTarget implements Connection {
  readonly result: Promise<{ id: string }>;
  private resolve!: (account: { id: string }) => void;
  private reject!: (error: ConnectError) => void;
  private account: string | undefined;
  private failure: ConnectError | undefined;
  private over = false;
  private undo: (() => void)[] = [];

  constructor(
    private readonly tokens: Tokens,
    private readonly place: (link?: string) => string,
    private readonly options: OpenOptions,
  ) {
    super();
    this.result = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.result.catch(() => {}); // whoever uses events only need not catch it
    const { onSuccess, onError, onClose } = options;
    const on: Connection = this;
    if (onSuccess) on.addEventListener("success", (e) => onSuccess(e.detail));
    if (onError) on.addEventListener("error", (e) => onError(e.detail));
    if (onClose) on.addEventListener("close", (e) => onClose(e.detail));
    // A popup has to be opened while the click still counts, and there is no token yet.
    const popup = options.mode === "popup" ? popupWindow() : null;
    if (popup) this.undo.push(() => popup.close());
    this.start(popup).catch((error: unknown) => {
      const { message, ...about } = error instanceof PatchbayError ? error : { message: String(error), code: "failed" };
      this.fail(new ConnectError(message, { ...about, cause: error }));
      this.close();
    });
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    for (const undo of this.undo.splice(0)) undo();
    this.reject(this.failure ?? new ConnectError("It was closed before an account was connected.", { code: "closed" }));
    const successful = this.account !== undefined;
    this.dispatchEvent(new CustomEvent("close", { detail: { successful, completed: successful || !!this.failure } }));
  }

  private async start(popup: Window | null): Promise<void> {
    const { mode = "iframe", token } = this.options;
    const held: Held = token ? { token, link: undefined, until: NaN } : await this.tokens.get();
    if (this.over) return;
    const url = this.address(held);
    if (mode === "redirect") {
      this.listen(window, "pageshow", () => this.close()); // the user went back
      location.assign(url);
      return;
    }
    let shown = false;
    const source = popup ?? frame(url, this.options, this.undo, () => this.close(), () => {
      if (shown) return;
      this.fail(new ConnectError(`The connect page did not open. Its token has to name ${location.origin} in allowed_origins, and ${url.origin} has to be reached.`, { code: "page_not_shown" }), held.token);
      this.close();
    });
    this.listen(window, "message", (event) => {
      const { origin, source: from, data } = event as MessageEvent;
      if (origin !== url.origin || from !== source || !data || typeof data !== "object") return;
      shown = true;
      this.hear(data as Record<string, unknown>, held.token);
    });
    if (popup) {
      popup.location.replace(url);
      void this.watch(popup, url, held.token);
    }
  }

  private address({ token, link }: Held): URL {
    const { mode, app, oauthAppId, appOverrideId, accountId, hideClose, oauthScopeProfile, locale, view } = this.options;
    const url = new URL(this.place(link) + "/_static/connect.html");
    const set = { token, app, oauthAppId, appOverrideId, accountId, hideClose: hideClose || undefined, oauthScopeProfile, locale, view };
    for (const [name, value] of Object.entries(set)) if (value !== undefined) url.searchParams.set(name, String(value));
    if (mode === "redirect") {
      const state = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
      sessionStorage.setItem(stateKey, state);
      url.searchParams.set("connectLink", "true");
      url.searchParams.set("state", state);
    }
    return url;
  }

  private hear({ type, authProvisionId, error, code }: Record<string, unknown>, token: string): void {
    if (type === "success" && typeof authProvisionId === "string") this.succeed(authProvisionId, token);
    if (type === "error") this.fail(new ConnectError(typeof error === "string" ? error : "The account could not be connected.", { code: typeof code === "string" ? code : "connect_failed" }), token);
    if (type === "close") this.close();
  }

  private succeed(id: string, token: string): void {
    if (this.over || this.account === id) return;
    this.account = id;
    this.tokens.drop(token); // it is used up
    this.resolve({ id });
    this.dispatchEvent(new CustomEvent("success", { detail: { id } }));
  }

  private fail(error: ConnectError, token?: string): void {
    if (this.over) return;
    this.failure = error;
    if (token) this.tokens.drop(token); // perhaps it is to blame
    this.dispatchEvent(new CustomEvent("error", { detail: error }));
  }

  /**
   * Sees a popup close. One that looks closed may only be out of sight, since a provider's
   * Cross-Origin-Opener-Policy cuts the tie for good; so the server is asked how it went, and the
   * user is taken to have left when they are back on this page. A server that does not answer says
   * nothing of where the user is.
   */
  private async watch(popup: Window, page: URL, token: string): Promise<void> {
    for (let back = 0; !this.over; await new Promise((ok) => setTimeout(ok, 700))) {
      if (!popup.closed) continue;
      const now = await standing(page.origin, token);
      if (now?.status === "succeeded" && now.account) this.succeed(now.account.id, token);
      else if (now?.status === "failed" && now.problem) this.fail(new ConnectError(now.problem.message, { code: now.problem.code, requestId: now.problem.request_id }), token);
      else if (now?.status === "testing" || !document.hasFocus() || ++back < 3) continue;
      this.close();
    }
  }

  private listen(target: EventTarget, type: string, listener: (event: Event) => void): void {
    target.addEventListener(type, listener);
    this.undo.push(() => target.removeEventListener(type, listener));
  }
}

async function standing(origin: string, token: string): Promise<Standing | undefined> {
  try {
    const answer = await fetch(origin + "/connect/status", { headers: { Authorization: "Bearer " + token }, cache: "no-store", credentials: "omit" });
    return answer.ok ? ((await answer.json()) as Standing) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * How a redirect ended, on the page that it led back to: the account, or null if this is no such page.
 * Throws a ConnectError if it failed, or if this browser did not begin it. Takes what it read out of the address.
 */
export function redirectResult(): { id: string } | null {
  const url = new URL(location.href), q = url.searchParams;
  const [id, error, code, state] = ["account_id", "error", "error_code", "state"].map((name) => q.get(name));
  const begun = sessionStorage.getItem(stateKey);
  if (!state || (!id && !error && !code)) return null;
  for (const name of ["account_id", "error", "error_code", "state"]) q.delete(name);
  history.replaceState(history.state, "", url);
  sessionStorage.removeItem(stateKey);
  if (state !== begun) throw new ConnectError("This connection was not begun here.", { code: "state" });
  if (!id) throw new ConnectError(error ?? "The account could not be connected.", { code: code ?? "connect_failed" });
  return { id };
}
