/** A document that is being edited, with the way back. */
export interface History<T> {
  now: T;
  past: T[];
  future: T[];
  /** What was changed last; a change with the same word goes on with it. */
  last?: string;
}

export type Edit<T> = { to: T; word?: string } | "undo" | "redo" | { reset: T };

const most = 100;

export function history<T>(h: History<T>, edit: Edit<T>): History<T> {
  if (edit === "undo") {
    const [old, ...past] = h.past;
    return old === undefined ? h : { now: old, past, future: [h.now, ...h.future] };
  }
  if (edit === "redo") {
    const [next, ...future] = h.future;
    return next === undefined ? h : { now: next, past: [h.now, ...h.past], future };
  }
  if ("reset" in edit) return { now: edit.reset, past: [], future: [] };
  if (edit.to === h.now) return h;
  const goesOn = edit.word !== undefined && edit.word === h.last && h.past.length > 0;
  return { now: edit.to, past: goesOn ? h.past : [h.now, ...h.past].slice(0, most), future: [], last: edit.word };
}
