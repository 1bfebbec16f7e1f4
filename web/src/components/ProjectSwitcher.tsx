import { ChevronsUpDown } from "lucide-react";
import type { Project } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { lazyMenu } from "./ui/lazyMenu";

const ProjectMenu = lazyMenu<{ projects: Project[] | undefined }>(() => import("./ProjectMenu").then((m) => m.ProjectMenu));

export function ProjectSwitcher({ projects }: { projects: Project[] | undefined }) {
  const scope = useScope();
  const now = projects?.find((p) => p.id === scope.projectId);
  return (
    <ProjectMenu
      projects={projects}
      trigger={
        <button type="button" aria-label={`Project: ${now?.name ?? "none"}`} className="inline-flex h-8 min-w-0 max-w-56 items-center gap-1.5 rounded-md px-2 font-medium hover:bg-sunken">
          <span className="truncate">{now?.name ?? "Choose a project"}</span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-muted" aria-hidden />
        </button>
      }
    />
  );
}
