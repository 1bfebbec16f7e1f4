// The window of an OAuth flow: it tells the page that opened it to look now,
// and closes. The page also asks the server, so nothing depends on this.
if (window.opener) {
  window.opener.postMessage({ type: "patchbay-flow-ended" }, location.origin);
  setTimeout(() => window.close(), 400);
}
