// How the user gets to the provider and how the page hears that they came back.

/** The channel between the pages of one browser; it holds no more than "look now". */
export const channelName = "patchbay-connect";
export const ended = "patchbay-flow-ended";
export const ready = "patchbay-window-ready";
export const go = "patchbay-window-go";
export const alone = "patchbay-window-alone"; // nothing is to begin here: the page was loaded again meanwhile
export const begun = "patchbay-flow-begun";

const inApp = /\b(FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|LinkedInApp|Snapchat|Pinterest|TikTok|musical_ly|GSA\/|Twitter)|; wv\)/;

/** Whether the page is in the browser of another app, where windows cannot be opened and providers often refuse to sign in. */
export function inAppBrowser(agent = navigator.userAgent): boolean {
  if (inApp.test(agent)) return true;
  return /iPhone|iPad|iPod/.test(agent) && /AppleWebKit/.test(agent) && !/Safari\//.test(agent);
}

/** In a frame the provider gets a window; a page of its own goes there itself. */
export const takesWindow = (w: Window = window) => w.parent !== w;

/** Opens the window while the click counts. Null: it was held back, or the page around cuts windows off (COOP). */
export function openWindow(address: string): Window | null {
  const width = 560, height = 720;
  const left = Math.max(0, Math.round(window.screenX + (window.outerWidth - width) / 2)), top = Math.max(0, Math.round(window.screenY + (window.outerHeight - height) / 2));
  return window.open(address, "patchbay_connect", `popup,width=${width},height=${height},left=${left},top=${top}`);
}

/** Calls back when another page of ours says that something happened, or when the user comes back to this one. */
export function onNews(look: () => void): () => void {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(channelName) : null;
  const message = (e: MessageEvent) => {
    if (e.origin === location.origin && (e.data as { type?: string } | null)?.type === ended) look();
  };
  const seen = () => { if (document.visibilityState === "visible") look(); };
  if (channel) channel.onmessage = look;
  window.addEventListener("message", message);
  window.addEventListener("focus", look);
  document.addEventListener("visibilitychange", seen);
  return () => {
    channel?.close();
    window.removeEventListener("message", message);
    window.removeEventListener("focus", look);
    document.removeEventListener("visibilitychange", seen);
  };
}

/** What this tab was doing when it left for the provider. Nothing secret but the page's own address. */
export interface Left {
  flow: string;
  query: string;
  back?: boolean; // the tab comes from the end of the callback
}

const place = "patchbay-left";

export function leave(left: Left) {
  try {
    sessionStorage.setItem(place, JSON.stringify(left));
  } catch {
    // a browser without storage stays on the closing page of the server
  }
}

export function left(): Left | null {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null") as Left | null;
  } catch {
    return null;
  }
}

/** What to go on with, if the tab comes from the end of the callback; told once. */
export function arrived(): Left | null {
  const from = left();
  try {
    sessionStorage.removeItem(place);
  } catch {
    // there was none
  }
  return from?.back ? from : null;
}
