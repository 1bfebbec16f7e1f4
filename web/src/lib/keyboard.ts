/** What the keyboard does outside of fields: single keys, and g followed by one. */
export type KeyAct = { go: string } | { act: "palette" | "help" | "search" } | null;

/** How long g waits for the key after it. */
export const patience = 1_500;

export interface Pressed {
  key: string;
  ctrlKey?: boolean;
  metaKey?: boolean;
  altKey?: boolean;
}

/** What a key does, and what is waited for after it. `waiting` is when g was pressed, or 0. */
export function press(p: Pressed, waiting: number, now: number, goes: Record<string, string>): { act: KeyAct; waiting: number } {
  if ((p.ctrlKey || p.metaKey) && !p.altKey && p.key.toLowerCase() === "k") return { act: { act: "palette" }, waiting: 0 };
  if (p.ctrlKey || p.metaKey || p.altKey) return { act: null, waiting: 0 };
  if (waiting && now - waiting < patience) {
    const to = goes[p.key];
    return { act: to === undefined ? null : { go: to }, waiting: 0 };
  }
  if (p.key === "g") return { act: null, waiting: now };
  if (p.key === "?") return { act: { act: "help" }, waiting: 0 };
  if (p.key === "/") return { act: { act: "search" }, waiting: 0 };
  return { act: null, waiting: 0 };
}

/** Whether somebody types into this, so that a key is a letter. */
export function takesText(e: EventTarget | null): boolean {
  if (!(e instanceof HTMLElement)) return false;
  return e.isContentEditable || e.closest("input:not([type=checkbox],[type=radio],[type=range],[type=file],[type=button]),textarea,select,[role=textbox],[role=combobox],[contenteditable=true]") !== null;
}

/** Whether something lies over the page that keys belong to. */
export function covered(): boolean {
  return document.querySelector("[role=dialog],[role=alertdialog],[role=menu],[role=listbox]") !== null;
}
