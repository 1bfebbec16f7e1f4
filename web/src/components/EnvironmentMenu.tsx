import { useNavigate, useLocation } from "@tanstack/react-router";
import type { ComponentProps, ReactElement } from "react";
import type { Environment } from "@/api/types";
import { cn } from "@/lib/cn";
import { inEnvironment } from "@/lib/find";
import { useScope } from "@/lib/hooks";
import { environments } from "./environments";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from "./ui/dropdown";

/**
 * Switching goes to the same kind of page; a single thing belongs to one environment, so from its page it goes to the
 * list. Only workflows are the same in both.
 */
export function EnvironmentMenu({ trigger }: { trigger: ReactElement<ComponentProps<"button">> }) {
  const scope = useScope();
  const navigate = useNavigate();
  const path = useLocation({ select: (l) => l.pathname });
  const go = (environment: Environment) => {
    void navigate({ to: inEnvironment(path), params: { projectId: scope.projectId, environment }, search: {} } as never);
  };
  return (
    <Menu defaultOpen>
      <MenuTrigger asChild>{trigger}</MenuTrigger>
      <MenuContent>
        <MenuLabel>Environment</MenuLabel>
        {(Object.keys(environments) as Environment[]).map((e) => {
          const n = environments[e];
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
