/** A path of this console, or "/": an address of elsewhere in a link must not carry anybody away. */
export function localPath(next: string | undefined): string {
  if (!next) return "/";
  try {
    const url = new URL(next, window.location.origin);
    if (url.origin !== window.location.origin || !next.startsWith("/") || next.startsWith("//")) return "/";
    return url.pathname + url.search;
  } catch {
    return "/";
  }
}
