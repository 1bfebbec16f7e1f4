import { Tooltip as T } from "radix-ui";
import type { ReactNode } from "react";

/** More about its child, which must take the focus so that the keyboard reaches it too. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <T.Provider delayDuration={250}>
      <T.Root>
        <T.Trigger asChild>{children}</T.Trigger>
        <T.Portal>
          <T.Content sideOffset={5} collisionPadding={8} className="z-[70] max-w-xs rounded bg-text px-2 py-1 text-xs text-bg shadow animate-fade">
            {text}
          </T.Content>
        </T.Portal>
      </T.Root>
    </T.Provider>
  );
}
