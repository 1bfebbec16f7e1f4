import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { Dialog as D } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { projectsQuery } from "@/api/calls";
import { ApiError, onSignedOut } from "@/api/client";
import { getSession, sessionOf, type Session } from "@/api/session";
import { cn } from "@/lib/cn";
import { SessionProvider, useParam, useRole, useScope } from "@/lib/hooks";
import { startOver } from "@/lib/startOver";
import { rememberScope } from "@/lib/storage";
import { holdWorkspace } from "@/lib/window";
import { routes } from "@/paths";
import { ProblemAlone, Splash } from "./Alone";
import { Problem, Skeleton } from "./Async";
import { Command } from "./command/Command";
import { EnvironmentSwitch } from "./EnvironmentSwitch";
import { Mark } from "./Mark";
import { MemberMenu } from "./MemberMenu";
import { Nav } from "./Nav";
import { ProjectSwitcher } from "./ProjectSwitcher";
import { SignInAgain } from "./SignInAgain";
import { ThemeToggle } from "./ThemeToggle";
import { WorkspaceSwitcher } from "./workspace/WorkspaceSwitcher";
import { Button } from "./ui/button";
import { LookOnly } from "./ui/lookOnly";

/**
 * Lets nobody in without a session; whoever is sent away comes back to the same address after signing in. A session
 * that ends on the way takes nothing with it: the page stays below the question to sign in again.
 */
export function SignedIn() {
  const session = useQuery({ queryKey: ["session"], queryFn: getSession, staleTime: 60_000 });
  const queries = useQueryClient();
  const navigate = useNavigate();
  const here = useLocation({ select: (l) => l.href });
  const at = useLocation({ select: (l) => l.pathname });
  useEffect(() => onSignedOut(() => queries.setQueryData(["session"], null)), [queries]);
  const last = useRef<Session>(null);
  if (session.data) {
    last.current = session.data;
    holdWorkspace(session.data.workspace.id); // before any page asks for something
  }
  // Who is no member any more has nothing left here.
  const gone = session.error instanceof ApiError && session.error.code === "workspace_not_found";
  useEffect(() => {
    if (gone) startOver();
  }, [gone]);
  const out = session.data === null && last.current === null;
  useEffect(() => {
    if (out) void navigate({ to: routes.signIn, search: here === "/" ? {} : { next: here }, replace: true } as never);
    // The address changes by this very navigation; only being signed out may cause it.
  }, [out]);
  const known = session.data ?? last.current;
  const leadTo = known?.set_up === "deleted" ? routes.deletedWorkspace : routes.ownAccount;
  const toSetUp = known !== null && known.set_up !== "" && at !== leadTo && at !== routes.ownAccount;
  useEffect(() => {
    if (toSetUp) void navigate({ to: leadTo, replace: true } as never);
  }, [toSetUp, leadTo]);
  if (known && !toSetUp) {
    return (
      <SessionProvider value={known}>
        <Outlet />
        {session.data === null && <SignInAgain session={known} />}
      </SessionProvider>
    );
  }
  if (session.error) {
    return <ProblemAlone error={session.error} retry={session.refetch} />;
  }
  return <Splash />;
}

/** The frame of every page of a project. */
export function Shell({ session }: { session: Session }) {
  const scope = useScope();
  const role = useRole();
  const projects = useQuery(projectsQuery);
  const path = useLocation({ select: (l) => l.pathname });
  const main = useRef<HTMLElement>(null);
  const [navOpen, setNavOpen] = useState(false);
  const environment = useParam("environment");
  const production = scope.environment === "production";
  const known = projects.data?.data.some((p) => p.id === scope.projectId) ?? true;
  const valid = environment === "development" || environment === "production";
  // A project of another workspace of the member's opens that one, in this window.
  const elsewhere = useQuery({ queryKey: ["workspace-of", scope.projectId], queryFn: () => sessionOf(scope.projectId), enabled: !known, retry: false });
  const moves = !known && !!elsewhere.data && elsewhere.data.workspace.id !== session.workspace.id;
  useEffect(() => {
    if (moves) window.location.reload();
  }, [moves]);

  useEffect(() => {
    if (known && valid && projects.data) rememberScope(scope);
  }, [known, valid, projects.data, scope.projectId, scope.environment]);

  // A new page begins at its top, and a screen reader goes on from there. The first page keeps the focus it has.
  const first = useRef(path);
  useEffect(() => {
    setNavOpen(false);
    if (first.current === path) return;
    first.current = "";
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);

  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]" data-environment={scope.environment}>
      <a href="#main" className="fixed left-2 top-2 z-50 -translate-y-20 rounded bg-fill px-3 py-2 font-medium text-on-fill focus:translate-y-0">
        Skip to content
      </a>
      <div aria-hidden className={cn("fixed inset-x-0 top-0 z-30 h-[3px]", production ? "bg-production" : "bg-development")} />
      <aside aria-label="Patchbay" className="hidden border-r border-line bg-surface lg:block">
        <div className="sticky top-0 flex h-dvh flex-col overflow-y-auto px-3 pb-3 pt-4">
          <Brand session={session} />
          <Nav className="mt-4 grow" />
        </div>
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-20 flex min-h-12 items-center gap-1.5 border-b border-line bg-surface px-3 pt-[3px] sm:gap-2 sm:px-5">
          <NavDrawer open={navOpen} setOpen={setNavOpen} session={session} />
          <ProjectSwitcher projects={projects.data?.data} />
          <EnvironmentSwitch />
          <div className="ml-auto flex items-center gap-0.5">
            <Command session={session} projects={projects.data?.data} />
            <ThemeToggle />
            <MemberMenu session={session} />
          </div>
        </header>
        <main id="main" ref={main} tabIndex={-1} className="mx-auto max-w-6xl px-3 py-5 sm:px-5">
          {projects.isPending || moves || (!known && elsewhere.isPending) ? (
            <Skeleton className="h-7 w-48" />
          ) : projects.error && !projects.data ? (
            <Problem error={projects.error} retry={projects.refetch} />
          ) : !known || !valid ? (
            <div className="py-10 text-center">
              <h1 className="text-xl font-semibold">There is no such project here</h1>
              <p className="mt-1 text-muted">It was deleted, or is in a workspace that you are not in. Choose a project or an environment above.</p>
            </div>
          ) : (
            // A page of one environment keeps nothing of another.
            <LookOnly.Provider value={role === "viewer" ? "You are viewer here, who looks and changes nothing. Ask an owner or an admin for more." : undefined}>
              <Outlet key={`${scope.projectId} ${scope.environment}`} />
            </LookOnly.Provider>
          )}
        </main>
      </div>
    </div>
  );
}

function Brand({ session }: { session: Session }) {
  return (
    <div className="flex items-center gap-2.5 px-1.5">
      <Mark />
      <div className="min-w-0 leading-tight">
        <div className="font-semibold tracking-tight">Patchbay</div>
        <WorkspaceSwitcher session={session} />
      </div>
    </div>
  );
}

function NavDrawer({ open, setOpen, session }: { open: boolean; setOpen: (o: boolean) => void; session: Session }) {
  return (
    <D.Root open={open} onOpenChange={setOpen}>
      <D.Trigger asChild>
        <Button variant="ghost" size="icon" aria-label="Open navigation" className="-ml-1 lg:hidden">
          <MenuIcon className="size-5" aria-hidden />
        </Button>
      </D.Trigger>
      <D.Portal>
        <D.Overlay className="fixed inset-0 z-40 bg-black/45 animate-fade lg:hidden" />
        <D.Content aria-describedby={undefined} className="fixed inset-y-0 left-0 z-50 w-64 max-w-[85vw] overflow-y-auto border-r border-line bg-surface px-3 py-4 focus:outline-none lg:hidden">
          <D.Title className="sr-only">Navigation</D.Title>
          <Brand session={session} />
          <div onClick={(e) => (e.target as HTMLElement).closest("a") && setOpen(false)}>
            <Nav className="mt-4" />
          </div>
        </D.Content>
      </D.Portal>
    </D.Root>
  );
}
