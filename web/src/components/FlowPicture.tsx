import { Braces, CornerDownLeft, Filter, Globe, Hourglass, Webhook, Zap, type LucideIcon } from "lucide-react";
import { cn } from "@/lib/cn";
import { flow, type FlowNode } from "@/lib/flow";
import type { Definition } from "@/api/types";
import { Badge } from "./ui/badge";

const icons: Record<FlowNode["kind"], [LucideIcon, string, string]> = {
  trigger: [Webhook, "Trigger", "bg-fill text-on-fill"],
  http_request: [Globe, "HTTP request", "bg-info-soft text-info"],
  action: [Zap, "Action", "bg-info-soft text-info"],
  code: [Braces, "Code", "bg-info-soft text-info"],
  delay: [Hourglass, "Delay", "bg-warn-soft text-warn"],
  filter: [Filter, "Filter", "bg-warn-soft text-warn"],
  respond: [CornerDownLeft, "Respond", "bg-good-soft text-good"],
};

/** A definition as a picture: boxes from the trigger down, joined as cables join jacks. */
export function FlowPicture({ definition }: { definition: Definition }) {
  return (
    <ol aria-label="Steps" className="mx-auto max-w-md">
      {flow(definition).map((n, i) => {
        const [Icon, kind, style] = icons[n.kind];
        return (
          <li key={n.name + i}>
            {i > 0 && (
              <svg aria-hidden viewBox="0 0 12 26" className="mx-auto block h-[26px] w-3 text-line-strong" fill="none" stroke="currentColor" strokeWidth="1.5">
                <path d="M6 0V23M2 18.5 6 23.5 10 18.5" strokeLinecap="round" strokeLinejoin="round" />
              </svg>
            )}
            <div className="flex items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2 shadow-card">
              <span className={cn("flex size-8 shrink-0 items-center justify-center rounded-md", style)}>
                <Icon className="size-4" aria-hidden />
              </span>
              <div className="min-w-0 grow">
                <div className="flex flex-wrap items-baseline gap-x-2">
                  <span className="font-medium">{n.name}</span>
                  <span className="text-xs text-muted">{n.kind === "trigger" ? "" : kind}</span>
                </div>
                <div className="truncate text-[0.8125rem] text-muted" title={n.text}>
                  {n.text}
                </div>
                {n.account && (
                  <Badge tone="accent" className="mt-1 max-w-full">
                    <span className="truncate">as {n.account}</span>
                  </Badge>
                )}
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
