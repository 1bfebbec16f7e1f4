import { Activity, ArrowLeftRight, AtSign, BarChart3, Bell, Blocks, Cable, Database, Ear, Fingerprint, FlaskConical, Footprints, Gauge, IdCard, Inbox, KeyRound, ListOrdered, MailX, Palette, Play, Plug, RadioTower, ScrollText, Send, Server, Settings, SlidersHorizontal, Users, UsersRound, Variable, Webhook, Workflow, Zap, type LucideIcon } from "lucide-react";
import type { Scope } from "@/api/types";
import { paths, type Place } from "@/paths";

/** A page that can be gone to from everywhere. */
export interface Entry {
  label: string;
  icon: LucideIcon;
  place: (s: Scope) => Place;
  /** Goes there when pressed after g. */
  key?: string;
  /** Further pages that are reached from it, by the beginnings of their addresses within an environment. */
  with?: RegExp;
}

/** Every page that the navigation names; the palette and the keyboard go to the same ones. */
export const groups: { label: string; entries: Entry[] }[] = [
  { label: "", entries: [
    { label: "Overview", icon: Gauge, place: paths.overview, key: "o" },
    { label: "Playground", icon: FlaskConical, place: paths.playground, key: "y" },
  ] },
  {
    label: "Connect",
    entries: [
      { label: "Apps", icon: Blocks, place: (s) => paths.apps(s), key: "p" },
      { label: "Users", icon: Users, place: (s) => paths.users(s), key: "u", with: /^erasures$/ },
      { label: "Accounts", icon: Plug, place: (s) => paths.accounts(s), key: "a", with: /^(imports|revocations)$/ },
      { label: "Sessions", icon: Footprints, place: (s) => paths.sessions(s), key: "s" },
      { label: "Requests", icon: ArrowLeftRight, place: (s) => paths.requests(s), key: "q" },
    ],
  },
  {
    label: "Automate",
    entries: [
      { label: "Actions and triggers", icon: Zap, place: (s) => paths.components(s), key: "c", with: /^private-components(\/|$)/ },
      { label: "MCP servers", icon: Cable, place: paths.mcpServers },
      { label: "Action runs", icon: Play, place: (s) => paths.actionRuns(s) },
      { label: "Deployed triggers", icon: Ear, place: (s) => paths.triggers(s), key: "t", with: /^users\/[^/]+\/triggers\// },
      { label: "Workflows", icon: Workflow, place: paths.workflows, key: "w" },
      { label: "Runs", icon: Activity, place: (s) => paths.runs(s), key: "r" },
      { label: "Queues", icon: ListOrdered, place: paths.queues },
      { label: "Variables", icon: Variable, place: paths.variables, key: "v" },
      { label: "Account aliases", icon: AtSign, place: paths.accountAliases },
      { label: "State", icon: Database, place: (s) => paths.dataStores(s) },
    ],
  },
  {
    label: "Notify",
    entries: [
      { label: "Deliveries", icon: Send, place: (s) => paths.deliveries(s), key: "d" },
      { label: "Dead letters", icon: MailX, place: (s) => paths.deadLetters(s), key: "x" },
      { label: "Endpoints", icon: RadioTower, place: paths.endpoints, key: "e", with: /^event-types$/ },
      { label: "Webhook", icon: Webhook, place: paths.webhook },
      { label: "Incoming", icon: Inbox, place: paths.incoming, key: "i" },
      { label: "Notifications", icon: Bell, place: (s) => paths.notifications(s), key: "n" },
    ],
  },
  {
    label: "Manage",
    entries: [
      { label: "Settings", icon: Settings, place: paths.settings, key: "," },
      { label: "Branding", icon: Palette, place: paths.branding, key: "b" },
      { label: "OAuth clients", icon: IdCard, place: (s) => paths.oauthClients(s) },
      { label: "App overrides", icon: SlidersHorizontal, place: paths.appOverrides },
      { label: "Members", icon: UsersRound, place: paths.members, key: "m" },
      { label: "API clients", icon: KeyRound, place: paths.clients, key: "k" },
      { label: "Single sign-on", icon: Fingerprint, place: paths.singleSignOn },
      { label: "Audit log", icon: ScrollText, place: (s) => paths.audit(s), key: "l" },
      { label: "Usage", icon: BarChart3, place: (s) => paths.usage(s) },
      { label: "System", icon: Server, place: paths.system },
    ],
  },
];

export const entries: Entry[] = groups.flatMap((g) => g.entries);

/** The entry that a page belongs to, by its address. */
export function entryAt(path: string): Entry | undefined {
  const [, , projectId = "", environment, ...rest] = path.split("/");
  const here = rest.join("/");
  const own = (e: Entry) => e.place({ projectId, environment: environment as Scope["environment"] }).to.split("/").slice(4).join("/");
  return entries.find((e) => e.with?.test(here)) ?? entries.find((e) => (own(e) === "" ? here === "" : here === own(e) || here.startsWith(`${own(e)}/`)));
}
