import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

let first = true;

/** The headline of a screen. It takes the focus when the screen changes, so that a screen reader begins there. */
export function Title({ children }: { children: ComponentChildren }) {
  const it = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const el = it.current;
    if (!el) return;
    if (!first) el.focus({ preventScroll: true });
    first = false;
    document.title = el.textContent ?? "";
  }, []);
  return <h1 id="title" tabIndex={-1} ref={it}>{children}</h1>;
}
