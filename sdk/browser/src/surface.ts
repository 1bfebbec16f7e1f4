import type { OpenOptions } from "./types.js";

const whole = "position:fixed;inset:0;width:100%;height:100%;max-width:none;max-height:none;margin:0;padding:0;border:0;overflow:hidden;color-scheme:normal;";

/**
 * Shows the hosted page over this one. A modal dialog makes the rest of the page unreachable for
 * keyboard and screen reader, keeps the page above everything, and gives the focus back at the end.
 * `late` is called when the page should have said something by now: a frame that a browser refuses to
 * fill says that it is loaded all the same.
 */
export function frame(url: URL, options: OpenOptions, undo: (() => void)[], leave: () => void, late: () => void): Window | null {
  const dialog = document.createElement("dialog"), iframe = document.createElement("iframe");
  dialog.setAttribute("aria-label", "Connect");
  iframe.title = "Connect";
  dialog.style.cssText = whole + "background:rgba(0,0,0,.35)"; // until the page draws its own
  iframe.style.cssText = whole + "background:transparent";
  iframe.referrerPolicy = "origin"; // by this it knows a developer's own machine
  let timer = setTimeout(late, 30_000);
  iframe.onload = () => {
    clearTimeout(timer);
    timer = setTimeout(late, 3000);
    dialog.style.background = "transparent";
    iframe.focus();
  };
  dialog.oncancel = (event) => {
    event.preventDefault();
    if (!options.hideClose) leave();
  };
  iframe.src = url.href;
  dialog.append(iframe);
  document.body.append(dialog);
  if (dialog.showModal) dialog.showModal();
  else dialog.setAttribute("open", "");
  const { style } = document.documentElement, { overflow } = style;
  style.overflow = "hidden"; // the page beneath stays where it is
  undo.push(() => {
    clearTimeout(timer);
    style.overflow = overflow;
    dialog.close?.();
    dialog.remove();
  });
  return iframe.contentWindow;
}

/** An empty window in the middle of this one, or null where the browser blocks it. */
export function popupWindow(): Window | null {
  const width = 520, height = 720;
  const left = Math.round(screenX + Math.max(0, outerWidth - width) / 2), top = Math.round(screenY + Math.max(0, outerHeight - height) / 2);
  return window.open("about:blank", "patchbay-connect", `popup,width=${width},height=${height},left=${left},top=${top}`);
}
