import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { projectsQuery } from "@/api/calls";
import type { Scope } from "@/api/types";
import { ProblemAlone, Splash } from "@/components/Alone";
import { Mark } from "@/components/Mark";
import { MemberMenu } from "@/components/MemberMenu";
import { Button } from "@/components/ui/button";
import { WorkspaceSwitcher } from "@/components/workspace/WorkspaceSwitcher";
import { useParam, useSession, useTitle } from "@/lib/hooks";
import { manages } from "@/lib/roles";
import { rememberedScope } from "@/lib/storage";
import { paths } from "@/paths";

const NewProject = lazy(() => import("@/components/NewProject").then((m) => ({ default: m.NewProject })));

/** Leads on to the project that was used last, or to the first. Without any, one is made here. */
export function HomePage() {
  useTitle("");
  const wanted = useParam("projectId");
  const projects = useQuery(projectsQuery);
  const navigate = useNavigate();
  const session = useSession();
  const [creating, setCreating] = useState(false);
  const all = projects.data?.data;
  useEffect(() => {
    if (!all) return;
    const kept = rememberedScope();
    const scope: Scope | undefined =
      wanted ? { projectId: wanted, environment: "development" }
      : kept && all.some((p) => p.id === kept.projectId) ? kept
      : all[0] && { projectId: all[0].id, environment: "development" };
    if (scope) void navigate({ ...paths.overview(scope), replace: true } as never);
  }, [all, wanted, navigate]);

  if (projects.error && !all) {
    return <ProblemAlone error={projects.error} retry={projects.refetch} />;
  }
  if (all?.length === 0) {
    const may = manages(session.member.role);
    return (
      <main className="mx-auto mt-24 max-w-md px-4 text-center">
        <div className="mb-4 flex justify-center">
          <Mark size={44} />
        </div>
        <div className="mb-3 flex items-center justify-center gap-2">
          <WorkspaceSwitcher session={session} />
          <MemberMenu session={session} />
        </div>
        <h1 className="text-xl font-semibold">{may ? "Begin with a project" : "No project is open to you"}</h1>
        <p className="mt-1 mb-4 text-muted">
          {may
            ? "A project holds the users of one product of yours, their connected accounts and your workflows."
            : "Ask an owner or an admin of the workspace to make one, or to let you into one."}
        </p>
        {may && (
          <Button variant="primary" onClick={() => setCreating(true)}>
            New project
          </Button>
        )}
        <Suspense fallback={null}>{creating && <NewProject open setOpen={setCreating} />}</Suspense>
      </main>
    );
  }
  return <Splash />;
}
