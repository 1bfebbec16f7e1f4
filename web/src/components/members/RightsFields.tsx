import { useQuery } from "@tanstack/react-query";
import { projectsQuery } from "@/api/calls";
import type { Rights } from "@/api/members";
import type { Role } from "@/api/session";
import type { ProjectRole } from "@/api/types";
import { Async } from "@/components/Async";
import { Choice } from "@/components/ui/choice";
import { Refused } from "@/components/ui/form";
import { Select, SelectField } from "@/components/ui/select";
import { capital, givable, hints, manages } from "@/lib/roles";

/** Rights as they are sent: who manages a workspace is in all of its projects. */
export const asSent = (r: Rights): Rights => (manages(r.role) ? { role: r.role, all_projects: true, projects: [] } : r);

/** Whether nobody could do anything with the rights: in no project at all. */
export const inNone = (r: Rights) => !manages(r.role) && !r.all_projects && r.projects.length === 0;

/** A role in the workspace, and for developers and viewers in which projects. */
export function RightsFields({ rights: r, change, by }: { rights: Rights; change: (r: Rights) => void; by: Role }) {
  const set = (projectId: string, role: string) => {
    const others = r.projects.filter((p) => p.project_id !== projectId);
    change({ ...r, projects: role ? [...others, { project_id: projectId, role: role as ProjectRole["role"] }] : others });
  };
  return (
    <>
      <SelectField
        name="role"
        label="Role"
        value={r.role}
        onChange={(v) => change({ ...r, role: v as Role })}
        options={[...new Set([...givable(by), r.role])].map((value) => ({ value, label: capital(value) }))}
        hint={hints[r.role]}
      />
      {!manages(r.role) && (
        <fieldset>
          <legend className="mb-1 font-medium">Projects</legend>
          <Choice
            label="Which projects"
            value={r.all_projects ? "all" : "some"}
            onChange={(v) => change({ ...r, all_projects: v === "all" })}
            options={[{ value: "all", label: "All, also those to come" }, { value: "some", label: "Only these" }]}
            className="flex w-full"
          />
          <ProjectRoles rights={r} set={set} />
          <Refused name="projects all_projects" />
        </fieldset>
      )}
    </>
  );
}

function ProjectRoles({ rights: r, set }: { rights: Rights; set: (projectId: string, role: string) => void }) {
  const projects = useQuery(projectsQuery);
  const none = r.all_projects ? `${capital(r.role)}, as everywhere` : "Not in it";
  return (
    <div className="mt-2 max-h-56 overflow-y-auto rounded-md border border-line px-3 py-1.5" tabIndex={0} role="group" aria-label="Role in each project">
      <Async query={projects}>
        {({ data: rows }) => (
          <ul className="divide-y divide-line">
            {rows.map((p) => (
              <li key={p.id} className="flex items-center justify-between gap-3 py-1.5">
                <span className="min-w-0 truncate" title={p.name}>
                  {p.name}
                </span>
                <Select
                  label={`Role in ${p.name}`}
                  value={r.projects.find((x) => x.project_id === p.id)?.role ?? ""}
                  onChange={(v) => set(p.id, v)}
                  options={[{ value: "", label: none }, ...(["admin", "developer", "viewer"] as const).map((value) => ({ value, label: capital(value) }))]}
                  className="w-48 max-w-[55%] shrink-0 !basis-auto !grow-0"
                />
              </li>
            ))}
          </ul>
        )}
      </Async>
    </div>
  );
}
