import { X } from "lucide-react";
import { Dialog as D } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";

export const Dialog = D.Root;
export const DialogTrigger = D.Trigger;
export const DialogClose = D.Close;

interface Props {
  title: string;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
  /** For what is shown once: only its own button may close it. */
  stubborn?: boolean;
  /** An alertdialog interrupts; a screen reader reads its description at once. */
  role?: "dialog" | "alertdialog";
}

/** Whoever opens a form wants to type. A question without a field keeps the first button, which is Cancel. */
function focusField(e: Event) {
  const field = (e.currentTarget as HTMLElement).querySelector<HTMLElement>("input:not([type=radio]), textarea");
  if (!field) return;
  e.preventDefault();
  field.focus();
}

export function DialogContent({ title, description, children, className, stubborn, role = "dialog" }: Props) {
  const hold = (e: Event) => stubborn && e.preventDefault();
  return (
    <D.Portal>
      <D.Overlay className="fixed inset-0 z-40 bg-black/45 animate-fade" />
      <D.Content
        role={role}
        onOpenAutoFocus={focusField}
        onEscapeKeyDown={hold}
        onInteractOutside={hold}
        {...(description ? {} : { "aria-describedby": undefined })}
        className={cn(
          "fixed z-50 left-1/2 top-1/2 -translate-x-1/2 -translate-y-1/2 w-[calc(100vw-1.5rem)] max-w-md max-h-[calc(100dvh-1.5rem)] overflow-y-auto",
          "rounded-lg border border-line bg-surface p-5 shadow-xl animate-fade focus:outline-none",
          className,
        )}
      >
        <div className="flex items-start justify-between gap-3">
          <D.Title className="text-base font-semibold">{title}</D.Title>
          {!stubborn && role === "dialog" && (
            <D.Close asChild>
              <Button variant="ghost" size="iconSm" aria-label="Close" className="-mr-1">
                <X className="size-4" aria-hidden />
              </Button>
            </D.Close>
          )}
        </div>
        {description && (
          <D.Description asChild>
            <div className="mt-1.5 text-muted">{description}</div>
          </D.Description>
        )}
        <div className="mt-4">{children}</div>
      </D.Content>
    </D.Portal>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>;
}
