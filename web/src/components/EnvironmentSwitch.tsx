import { ChevronsUpDown } from "lucide-react";
import { cn } from "@/lib/cn";
import { useScope } from "@/lib/hooks";
import { environments } from "./environments";
import { lazyMenu } from "./ui/lazyMenu";

const EnvironmentMenu = lazyMenu(() => import("./EnvironmentMenu").then((m) => m.EnvironmentMenu));

/** Which environment one is in, and the way to the other. */
export function EnvironmentSwitch() {
  const scope = useScope();
  const now = environments[scope.environment];
  return (
    <EnvironmentMenu
      trigger={
        <button type="button" className={cn("inline-flex h-7 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-[0.8125rem] font-semibold text-white", now.style)}>
          <now.icon className="size-3.5" aria-hidden />
          <span className="sr-only">Environment: </span>
          <span className="max-[400px]:hidden">{now.name}</span>
          <span className="min-[401px]:hidden">{scope.environment === "production" ? "Prod" : "Dev"}</span>
          <ChevronsUpDown className="size-3.5" aria-hidden />
        </button>
      }
    />
  );
}
