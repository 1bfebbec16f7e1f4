// The page to which the provider's answer leads. It tells the page that began
// to look now, and goes away: a tab that left for the provider goes back to
// where it was, a window closes. The page also asks the server by itself, so
// nothing depends on this.
import { channelName, ended, leave, left } from "./ways.ts";

if ("BroadcastChannel" in window) new BroadcastChannel(channelName).postMessage(ended);
const from = left();
if (from) {
  leave({ ...from, back: true });
  location.replace(`/_static/connect.html?${from.query}`);
} else {
  (window.opener as Window | null)?.postMessage({ type: ended }, location.origin);
  setTimeout(() => window.close(), 400);
}
