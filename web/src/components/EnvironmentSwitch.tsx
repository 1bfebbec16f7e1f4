import { useNavigate, useLocation } from "@tanstack/react-router";
import { ChevronsUpDown, FlaskConical, Rocket } from "lucide-react";
import type { Environment } from "@/api/types";
import { cn } from "@/lib/cn";
import { inEnvironment } from "@/lib/find";
import { useScope } from "@/lib/hooks";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from "./ui/dropdown";

const names: Record<Environment, { name: string; text: string; icon: typeof Rocket; style: string }> = {
  development: { name: "Development", text: "For trying things out", icon: FlaskConical, style: "bg-development" },
  production: { name: "Production", text: "Your real users", icon: Rocket, style: "bg-production" },
};

/**
 * Word, icon and colour each tell the environments apart. Switching goes to the same kind of page; a single thing
 * belongs to one environment, so from its page it goes to the list. Only workflows are the same in both.
 */
export function EnvironmentSwitch() {
  const scope = useScope();
  const navigate = useNavigate();
  const path = useLocation({ select: (l) => l.pathname });
  const now = names[scope.environment];
  const go = (environment: Environment) => {
    void navigate({ to: inEnvironment(path), params: { projectId: scope.projectId, environment }, search: {} } as never);
  };
  return (
    <Menu>
      <MenuTrigger className={cn("inline-flex h-7 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-[0.8125rem] font-semibold text-white", now.style)}>
        <now.icon className="size-3.5" aria-hidden />
        <span className="sr-only">Environment: </span>
        <span className="max-[400px]:hidden">{now.name}</span>
        <span className="min-[401px]:hidden">{scope.environment === "production" ? "Prod" : "Dev"}</span>
        <ChevronsUpDown className="size-3.5" aria-hidden />
      </MenuTrigger>
      <MenuContent>
        <MenuLabel>Environment</MenuLabel>
        {(Object.keys(names) as Environment[]).map((e) => {
          const n = names[e];
          return (
            <MenuItem key={e} onSelect={() => go(e)} className="py-1.5">
              <span className={cn("flex size-6 items-center justify-center rounded-full text-white", n.style)}>
                <n.icon className="!size-3.5" aria-hidden />
              </span>
              <span>
                <span className="block font-medium">
                  {n.name}
                  {e === scope.environment && <span className="font-normal text-muted"> (now)</span>}
                </span>
                <span className="block text-xs text-muted">{n.text}</span>
              </span>
            </MenuItem>
          );
        })}
      </MenuContent>
    </Menu>
  );
}
