import { Link } from "@tanstack/react-router";
import { Activity, ArrowLeftRight, AtSign, Bell, Blocks, Database, Ear, Footprints, Gauge, IdCard, Inbox, KeyRound, ListOrdered, MailX, Palette, Play, Plug, RadioTower, ScrollText, Send, Settings, SlidersHorizontal, Users, Variable, Webhook, Workflow, Zap, type LucideIcon } from "lucide-react";
import type { Scope } from "@/api/types";
import { cn } from "@/lib/cn";
import { useScope } from "@/lib/hooks";
import { paths, type Place } from "@/paths";

type Entry = [string, LucideIcon, (s: Scope) => Place];

const groups: { label: string; entries: Entry[] }[] = [
  { label: "", entries: [["Overview", Gauge, paths.overview]] },
  {
    label: "Connect",
    entries: [
      ["Apps", Blocks, (s) => paths.apps(s)],
      ["Users", Users, (s) => paths.users(s)],
      ["Accounts", Plug, (s) => paths.accounts(s)],
      ["Sessions", Footprints, (s) => paths.sessions(s)],
      ["Requests", ArrowLeftRight, (s) => paths.requests(s)],
    ],
  },
  {
    label: "Automate",
    entries: [
      ["Actions and triggers", Zap, (s) => paths.components(s)],
      ["Action runs", Play, (s) => paths.actionRuns(s)],
      ["Deployed triggers", Ear, (s) => paths.triggers(s)],
      ["Workflows", Workflow, paths.workflows],
      ["Runs", Activity, (s) => paths.runs(s)],
      ["Queues", ListOrdered, paths.queues],
      ["Variables", Variable, paths.variables],
      ["Account aliases", AtSign, paths.accountAliases],
      ["State", Database, (s) => paths.dataStores(s)],
    ],
  },
  {
    label: "Notify",
    entries: [
      ["Deliveries", Send, (s) => paths.deliveries(s)],
      ["Dead letters", MailX, (s) => paths.deadLetters(s)],
      ["Endpoints", RadioTower, paths.endpoints],
      ["Webhook", Webhook, paths.webhook],
      ["Incoming", Inbox, paths.incoming],
      ["Notifications", Bell, (s) => paths.notifications(s)],
    ],
  },
  {
    label: "Manage",
    entries: [
      ["Settings", Settings, paths.settings],
      ["Branding", Palette, paths.branding],
      ["OAuth clients", IdCard, (s) => paths.oauthClients(s)],
      ["App overrides", SlidersHorizontal, paths.appOverrides],
      ["API clients", KeyRound, paths.clients],
      ["Audit log", ScrollText, (s) => paths.audit(s)],
    ],
  },
];

export function Nav({ className }: { className?: string }) {
  const scope = useScope();
  return (
    <nav aria-label="Main" className={cn("space-y-3", className)}>
      {groups.map((g) => (
        <div key={g.label}>
          {g.label && <div className="px-2 pb-1 text-xs text-muted">{g.label}</div>}
          <ul className="space-y-0.5">
            {g.entries.map(([label, Icon, place]) => (
              <li key={label}>
                <Link
                  {...(place(scope) as { to: string })}
                  activeOptions={{ exact: label === "Overview", includeSearch: false }}
                  className="flex h-8 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-sunken hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent"
                >
                  <Icon className="size-4 shrink-0" aria-hidden />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
