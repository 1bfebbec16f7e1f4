import { useQuery } from "@tanstack/react-query";
import type { ComponentProps } from "react";
import { workingAppsQuery } from "@/api/components";
import type { App, Component } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { AppIcon } from "./AppIcon";
import { EffectBadge, TypeBadge } from "./ComponentBadges";
import { ListTable, type Column } from "./ListTable";

const columns = (apps: Map<string, App> | undefined, ofApp: boolean): Column<Component>[] => [
  {
    head: "Name",
    cell: (c) => (
      <span className="flex min-w-0 items-center gap-2.5">
        {!ofApp && <AppIcon app={apps?.get(c.app ?? "") ?? { name: c.app ?? c.name, img_src: "" }} size={24} />}
        <span className="min-w-0">
          <span className="block">{c.name}</span>
          <span className="block text-xs font-normal break-all text-muted">{c.key}</span>
        </span>
      </span>
    ),
  },
  { head: "What it does", from: "md", cell: (c) => <span className="line-clamp-2 max-w-md text-muted">{c.description}</span> },
  { head: "Type", from: "sm", cell: (c) => <TypeBadge type={c.component_type} /> },
  { head: "Effect", cell: (c) => <EffectBadge component={c} /> },
  { head: "Version", from: "lg", cell: (c) => c.version, className: "tabular-nums" },
];

interface Props extends Pick<ComponentProps<typeof ListTable<Component>>, "query" | "empty" | "label"> {
  /** All are of one app, which the page shows already. */
  ofApp?: boolean;
}

/** Actions and triggers, as the catalogue and the page of an app list them. */
export function ComponentTable({ ofApp = false, ...list }: Props) {
  const scope = useScope();
  const apps = useQuery({ ...workingAppsQuery, enabled: !ofApp });
  return <ListTable {...list} columns={columns(apps.data, ofApp)} rowKey={(c) => c.key} place={(c) => paths.component(scope, c.key)} />;
}
