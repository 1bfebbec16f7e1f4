import { cloneElement, lazy, Suspense, useState, type ComponentProps, type ComponentType, type ReactElement } from "react";

type Trigger = ReactElement<ComponentProps<"button">>;

/** A menu that is fetched when somebody is about to open it: its button is there at once, and what floats is not. */
export function lazyMenu<P extends object>(load: () => Promise<ComponentType<P & { trigger: Trigger }>>) {
  const Menu = lazy(() => load().then((menu) => ({ default: menu })));
  return function LazyMenu({ trigger, ...props }: P & { trigger: Trigger }) {
    const [wanted, setWanted] = useState(false);
    const soon = () => void load().catch(() => undefined);
    const idle = cloneElement(trigger, {
      "aria-haspopup": "menu",
      "aria-expanded": false,
      onPointerEnter: soon,
      onFocus: soon,
      onClick: () => setWanted(true),
      onKeyDown: (e) => {
        if (e.key !== "ArrowDown") return;
        e.preventDefault();
        setWanted(true);
      },
    });
    if (!wanted) return idle;
    const opened = { ...props, trigger } as P & { trigger: Trigger };
    return (
      <Suspense fallback={idle}>
        <Menu {...opened} />
      </Suspense>
    );
  };
}
