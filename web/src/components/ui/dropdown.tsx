import { DropdownMenu as M } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

export const Menu = M.Root;
export const MenuTrigger = M.Trigger;

export function MenuContent({ children, align = "start", className }: { children: ReactNode; align?: "start" | "end"; className?: string }) {
  return (
    <M.Portal>
      <M.Content
        align={align}
        sideOffset={6}
        collisionPadding={8}
        className={cn("z-50 max-h-[min(24rem,var(--radix-dropdown-menu-content-available-height))] min-w-52 max-w-[calc(100vw-1rem)] overflow-y-auto rounded-md border border-line bg-surface p-1 shadow-lg animate-fade", className)}
      >
        {children}
      </M.Content>
    </M.Portal>
  );
}

export function MenuItem({ children, onSelect, asChild, className }: { children: ReactNode; onSelect?: () => void; asChild?: boolean; className?: string }) {
  return (
    <M.Item
      asChild={asChild}
      onSelect={onSelect}
      className={cn("flex min-h-8 cursor-default items-center gap-2 rounded px-2 outline-none data-[highlighted]:bg-sunken [&_svg]:size-4 [&_svg]:shrink-0", className)}
    >
      {children}
    </M.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <M.Label className="px-2 py-1.5 text-xs text-muted">{children}</M.Label>;
}

export function MenuLine() {
  return <M.Separator className="my-1 h-px bg-line" />;
}
