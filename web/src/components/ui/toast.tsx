import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as T } from "radix-ui";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { ApiError } from "@/api/client";

interface Note {
  id: number;
  tone: "good" | "bad";
  title: string;
  text?: string;
}

interface Toaster {
  good: (title: string, text?: string) => void;
  /** Says that an act did not happen, and why in the API's words. */
  bad: (title: string, error?: unknown) => void;
}

const Context = createContext<Toaster>({ good: () => {}, bad: () => {} });
export const useToast = () => useContext(Context);

export function explain(error: unknown): string | undefined {
  if (error === undefined || error === null) return undefined;
  if (error instanceof ApiError && error.requestId) return `${error.message} (request ${error.requestId})`;
  return error instanceof Error ? error.message : String(error);
}

let next = 1;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [notes, setNotes] = useState<Note[]>([]);
  const push = useCallback((n: Omit<Note, "id">) => setNotes((all) => [...all.slice(-2), { ...n, id: next++ }]), []);
  const drop = (id: number) => setNotes((all) => all.filter((n) => n.id !== id));
  const toaster = useMemo<Toaster>(
    () => ({
      good: (title, text) => push({ tone: "good", title, text }),
      bad: (title, error) => push({ tone: "bad", title, text: explain(error) }),
    }),
    [push],
  );
  return (
    <Context.Provider value={toaster}>
      <T.Provider swipeDirection="right">
        {children}
        {notes.map((n) => (
          <T.Root
            key={n.id}
            duration={n.tone === "bad" ? 12_000 : 5_000}
            onOpenChange={(open) => !open && drop(n.id)}
            className="flex items-start gap-2.5 rounded-md border border-line bg-surface p-3 shadow-lg animate-rise"
          >
            {n.tone === "good" ? (
              <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
            ) : (
              <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
            )}
            <div className="min-w-0 grow">
              <T.Title className="font-medium">{n.title}</T.Title>
              {n.text && <T.Description className="mt-0.5 break-words text-muted">{n.text}</T.Description>}
            </div>
            <T.Close aria-label="Dismiss" className="rounded text-muted hover:text-text">
              <X className="size-4" aria-hidden />
            </T.Close>
          </T.Root>
        ))}
        <T.Viewport className="fixed bottom-0 right-0 z-[80] m-0 flex w-96 max-w-full list-none flex-col gap-2 p-4" />
      </T.Provider>
    </Context.Provider>
  );
}
