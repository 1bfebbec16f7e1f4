import { Braces, CalendarClock, CornerDownLeft, Database, Filter, GitBranch, GitFork, Globe, Hourglass, Mail, Megaphone, Octagon, PauseCircle, Repeat, Split, Users, Webhook, Workflow, Zap, type LucideIcon } from "lucide-react";

const steps: Record<string, [LucideIcon, string]> = {
  http_request: [Globe, "bg-info-soft text-info"],
  action: [Zap, "bg-accent-soft text-accent"],
  code: [Braces, "bg-info-soft text-info"],
  filter: [Filter, "bg-warn-soft text-warn"],
  if: [GitBranch, "bg-warn-soft text-warn"],
  switch: [Split, "bg-warn-soft text-warn"],
  parallel: [GitFork, "bg-warn-soft text-warn"],
  for_each: [Repeat, "bg-warn-soft text-warn"],
  for_each_user: [Users, "bg-warn-soft text-warn"],
  delay: [Hourglass, "bg-sunken text-muted"],
  suspend: [PauseCircle, "bg-sunken text-muted"],
  call_workflow: [Workflow, "bg-accent-soft text-accent"],
  state: [Database, "bg-info-soft text-info"],
  emit: [Megaphone, "bg-info-soft text-info"],
  respond: [CornerDownLeft, "bg-good-soft text-good"],
  end: [Octagon, "bg-good-soft text-good"],
};

const triggers: Record<string, LucideIcon> = { http: Webhook, schedule: CalendarClock, email: Mail, app_event: Zap };

export const stepIcon = (type: string): [LucideIcon, string] => steps[type] ?? [Zap, "bg-sunken text-muted"];
export const triggerIcon = (type: string): LucideIcon => triggers[type] ?? Zap;
