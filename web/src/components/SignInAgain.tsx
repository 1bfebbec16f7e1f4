import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dialog as D } from "radix-ui";
import { useEffect, useRef } from "react";
import { ApiError } from "@/api/client";
import { getSession, type Session } from "@/api/session";
import { routes } from "@/paths";
import { Button } from "./ui/button";

/**
 * Lies over the page when its session has ended: the page stays as it is, with all that was typed. Signing in happens
 * in a window of its own, in whatever way there is, and this goes away when the member is back.
 */
export function SignInAgain({ session }: { session: Session }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const opened = useRef<Window | null>(null);
  useEffect(() => {
    const look = async () => {
      const now = await getSession().catch((e: unknown) => {
        // Somebody else came, who is not in this workspace.
        if (e instanceof ApiError && e.code === "workspace_not_found") window.location.reload();
        return null;
      });
      if (!now) return;
      opened.current?.close();
      // What is on this page is the other member's, and of their workspace.
      if (now.member.id !== session.member.id || now.workspace.id !== session.workspace.id) return window.location.reload();
      queries.setQueryData(["session"], now);
      void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "session" });
    };
    const t = setInterval(() => void look(), 1_500);
    return () => clearInterval(t);
  }, [queries, session.member.id, session.workspace.id]);
  const leave = async () => {
    await navigate({ to: routes.signIn, search: {} } as never);
    queries.clear();
  };
  return (
    <D.Root open>
      <D.Portal>
        <D.Overlay className="fixed inset-0 z-[60] bg-black/45 animate-fade" />
        <D.Content
          role="alertdialog"
          onEscapeKeyDown={(e) => e.preventDefault()}
          onInteractOutside={(e) => e.preventDefault()}
          className="fixed left-1/2 top-1/2 z-[65] w-[calc(100vw-1.5rem)] max-w-md -translate-x-1/2 -translate-y-1/2 rounded-lg border border-line bg-surface p-5 shadow-xl animate-fade focus:outline-none"
        >
          <D.Title className="text-base font-semibold">Your session has ended</D.Title>
          <D.Description className="mt-1.5 text-muted">
            The page and what you entered stay as they are. Sign in as {session.member.email} in a new window, and go on here.
          </D.Description>
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <Button onClick={() => void leave()}>Leave this page</Button>
            <Button variant="primary" onClick={() => (opened.current = window.open(routes.signIn, "patchbay-sign-in", "popup,width=520,height=680"))}>
              Sign in
            </Button>
          </div>
        </D.Content>
      </D.Portal>
    </D.Root>
  );
}
