import { useNavigate } from "@tanstack/react-router";
import { Check, Plus } from "lucide-react";
import { useState, type ComponentProps, type ReactElement } from "react";
import type { Project } from "@/api/types";
import { useScope, useSession } from "@/lib/hooks";
import { manages } from "@/lib/roles";
import { paths } from "@/paths";
import { NewProject } from "./NewProject";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuLine, MenuTrigger } from "./ui/dropdown";

/** The projects of the workspace. */
export function ProjectMenu({ projects, trigger }: { projects: Project[] | undefined; trigger: ReactElement<ComponentProps<"button">> }) {
  const scope = useScope();
  const { role } = useSession().member;
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Menu defaultOpen>
        <MenuTrigger asChild>{trigger}</MenuTrigger>
        <MenuContent>
          <MenuLabel>Projects</MenuLabel>
          {projects?.map((p) => (
            <MenuItem key={p.id} onSelect={() => void navigate(paths.overview({ ...scope, projectId: p.id }) as never)}>
              <span className="min-w-0 grow truncate">{p.name}</span>
              {p.id === scope.projectId && <Check className="text-accent" aria-label="current" />}
            </MenuItem>
          ))}
          {manages(role) && (
            <>
              <MenuLine />
              <MenuItem onSelect={() => setCreating(true)}>
                <Plus aria-hidden />
                New project…
              </MenuItem>
            </>
          )}
        </MenuContent>
      </Menu>
      <NewProject open={creating} setOpen={setCreating} />
    </>
  );
}
