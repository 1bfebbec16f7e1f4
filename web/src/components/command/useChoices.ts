import { useQuery } from "@tanstack/react-query";
import { useLocation, useRouter } from "@tanstack/react-router";
import { Blocks, Building2, Clock, FolderOpen, Hash, Keyboard, Moon, Plus, Repeat, Plug, Users, Workflow, type LucideIcon } from "lucide-react";
import { listAccounts, listApps, workflowsQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import type { Session } from "@/api/session";
import { within, type Project } from "@/api/types";
import { chooseWorkspace, workspacesQuery } from "@/api/workspaces";
import { byId, inEnvironment, ranked } from "@/lib/find";
import { useScope } from "@/lib/hooks";
import { recent } from "@/lib/recent";
import { startOver } from "@/lib/startOver";
import { currentTheme, setTheme } from "@/lib/storage";
import { paths, type Place } from "@/paths";
import { groups as pages } from "../places";
import { useToast } from "../ui/toast";

/** What can be taken from the palette: a place to go to, or something to do. */
export interface Choice {
  key: string;
  label: string;
  hint?: string;
  icon: LucideIcon;
  place?: Place;
  act?: () => void;
}

export interface ChoiceGroup {
  label: string;
  choices: Choice[];
}

interface Asked {
  text: string;
  /** The text once typing rests; only this is asked of the API. */
  settled: string;
  session: Session;
  projects: Project[] | undefined;
  help: () => void;
}

/** What answers to the text, in groups: what is known here at once, and what the API finds. */
export function useChoices({ text, settled, session, projects, help }: Asked): { groups: ChoiceGroup[]; searching: boolean } {
  const scope = useScope();
  const router = useRouter();
  const path = useLocation({ select: (l) => l.pathname });
  const root = `/projects/${scope.projectId}/${scope.environment}`;
  const asks = settled.length > 0;
  const workflows = useQuery({ ...workflowsQuery(scope), staleTime: 60_000 });
  const workspaces = useQuery(workspacesQuery);
  const toast = useToast();
  const enter = (id: string) => chooseWorkspace(id).then(startOver, (e: unknown) => toast.bad("The workspace was not changed", e));
  const accounts = useQuery({ queryKey: ["accounts", scope, "latest"], queryFn: () => listAccounts(scope, { limit: 100 }), enabled: asks, staleTime: 30_000 });
  const users = useQuery({
    queryKey: ["users", scope, "find", settled],
    queryFn: () => data(api.GET("/connect/{project_id}/users", { params: { ...within(scope), query: { q: settled, limit: 6 } } })),
    enabled: asks,
  });
  const apps = useQuery({ queryKey: ["apps", "find", settled], queryFn: () => listApps({ q: settled, limit: 6 }), enabled: asks, staleTime: 300_000 });

  const goTo: Choice[] = pages.flatMap((g) => g.entries.map((e) => ({ key: `page-${e.label.replaceAll(" ", "-")}`, label: e.label, hint: g.label, icon: e.icon, place: e.place(scope) })));
  const other = scope.environment === "production" ? "development" : "production";
  const switches: Choice[] = [
    { key: "environment", label: `Switch to ${other}`, hint: "Environment", icon: Repeat, place: { to: inEnvironment(path), params: { projectId: scope.projectId, environment: other }, search: {} } },
    ...(projects ?? []).filter((p) => p.id !== scope.projectId).map((p) => ({ key: p.id, label: p.name, hint: "Project", icon: FolderOpen, place: paths.overview({ ...scope, projectId: p.id }) })),
    ...(workspaces.data?.data ?? []).filter((w) => w.id !== session.workspace.id).map((w) => ({ key: w.id, label: w.name, hint: "Workspace", icon: Building2, act: () => void enter(w.id) })),
  ];
  const theme = currentTheme() === "dark" ? "light" : "dark";
  const actions: Choice[] = [
    { key: "new-workflow", label: "New workflow", icon: Plus, place: paths.workflowNew(scope) },
    { key: "new-app-file", label: "Add an app of your own", icon: Plus, place: paths.appFileNew(scope) },
    { key: "theme", label: `Use the ${theme} theme`, icon: Moon, act: () => setTheme(theme) },
    { key: "keys", label: "Keyboard shortcuts", hint: "?", icon: Keyboard, act: help },
  ];
  const visits: Choice[] = recent(session.member.id)
    .filter((v) => v.path !== path && (v.path === root || v.path.startsWith(`${root}/`)))
    .map((v) => ({ key: `recent-${v.path}`, label: v.title, hint: v.path.slice(root.length + 1).split("/")[0], icon: Clock, act: () => router.history.push(v.path) }));

  const best = (all: Choice[], most: number) => ranked(all, text, (c) => `${c.label} ${c.hint ?? ""}`).slice(0, most);
  const groups: ChoiceGroup[] = [];
  const add = (label: string, choices: Choice[]) => choices.length > 0 && groups.push({ label, choices });
  if (!text.trim()) {
    add("Recent", visits.slice(0, 5));
    add("Do", actions);
    add("Switch", switches);
    add("Go to", goTo);
    return { groups, searching: false };
  }
  const named = byId(scope, text);
  add("By id", [
    ...(named ? [{ key: "id", label: `Open the ${named.what}`, hint: text.trim(), icon: Hash, place: named.place }] : []),
  ]);
  add("Go to", best(goTo, 6));
  add("Workflows", ranked(workflows.data?.data ?? [], text, (w) => w.name).slice(0, 5).map((w) => ({ key: w.id, label: w.name, hint: "workflow", icon: Workflow, place: paths.workflow(scope, w.id) })));
  add("Users", (users.data?.data ?? []).map((u) => ({ key: u.id, label: u.external_id, hint: "user", icon: Users, place: paths.user(scope, u.external_id) })));
  add("Accounts", ranked(accounts.data?.data ?? [], text, (a) => `${a.name ?? ""} ${a.app.name} ${a.external_id}`).slice(0, 5).map((a) => ({ key: a.id, label: a.name ?? a.app.name, hint: `${a.app.name} · ${a.external_id}`, icon: Plug, place: paths.account(scope, a.id) })));
  add("Apps", (apps.data?.data ?? []).map((a) => ({ key: `app-${a.name_slug}`, label: a.name, hint: "app", icon: Blocks, place: paths.app(scope, a.name_slug) })));
  add("Recent", best(visits, 3));
  add("Switch", best(switches, 4));
  add("Do", best(actions, 4));
  return { groups, searching: text.trim() !== settled || users.isFetching || apps.isFetching || accounts.isFetching };
}
