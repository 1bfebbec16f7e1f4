import type { Begin } from "./api.ts";
import { alone, begun, go, openWindow, ready } from "./ways.ts";

/** What the window says when it began the flow, or could not. */
export interface Begun { flow?: string; error?: { code?: string; error?: string; request_id?: string }; status?: number }

/** The window of a sign-in. It opens at our own address and asks what to begin; see window.ts. */
export class Popup {
  private window: Window | null = null;
  private said: { body: Begin; session: string } | undefined;

  constructor(heard: (m: Begun) => void) {
    window.addEventListener("message", (e) => {
      if (e.origin !== location.origin || !e.source || e.source === window) return;
      const m = e.data as ({ type?: string } & Begun) | null;
      if (m?.type === ready) (e.source as Window).postMessage(this.said ? { type: go, ...this.said } : { type: alone }, location.origin);
      if (m?.type === begun) heard(m);
    });
  }

  /** Says what a window is to begin, whoever opens it. */
  prepare(body: Begin, session: string) {
    this.said = { body, session };
  }

  /** False: it was held back, or the page around cuts windows off (COOP), so that nothing is known of it. */
  open(address: string): boolean {
    this.window = openWindow(address);
    return this.window !== null;
  }

  /** Whether the window is gone, or was cut off by the provider (COOP), which looks the same. */
  get gone(): boolean {
    return this.window?.closed ?? false;
  }

  close() {
    this.window?.close();
    this.window = null;
  }
}
