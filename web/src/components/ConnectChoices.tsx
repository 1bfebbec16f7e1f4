import { useQuery } from "@tanstack/react-query";
import { listAppOverrides, listOAuthApps } from "@/api/calls";
import type { App } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Select } from "./ui/select";

/** What a connection is made with; empty means the usual. */
export interface Chosen {
  client: string;
  override: string;
  profile: string;
}
export const usual: Chosen = { client: "", override: "", profile: "" };

/** Where a project has several ways to connect an app, which of them to try. What there is only one of is not asked. */
export function ConnectChoices({ app, value, onChange }: { app: App; value: Chosen; onChange: (c: Chosen) => void }) {
  const { projectId } = useScope();
  const filter = { app: app.name_slug, limit: 100 };
  const oauth = app.auth_type === "oauth";
  const clients = useQuery({ queryKey: ["oauth_apps", projectId, "all", filter], queryFn: () => listOAuthApps(projectId, filter), enabled: oauth });
  const overrides = useQuery({ queryKey: ["app_overrides", projectId, "all", filter], queryFn: () => listAppOverrides(projectId, filter) });
  const options = {
    client: (clients.data?.data ?? []).map((o) => ({ value: o.id, label: o.name === app.name ? o.client_id : `${o.name} (${o.client_id})` })),
    override: (overrides.data?.data ?? []).map((o) => ({ value: o.id, label: o.name })),
    profile: oauth ? app.scope_profiles.map((p) => ({ value: p.name, label: p.name })) : [],
  };
  const setByOverride = overrides.data?.data.find((o) => o.id === value.override)?.oauth_app_id;
  const asked: [keyof Chosen, string, string, boolean][] = [
    ["override", "App override", "None", options.override.length > 0],
    ["client", "OAuth client", "The newest", options.client.length > 1 && !setByOverride],
    ["profile", "Scope profile", "What the client asks for", options.profile.length > 0],
  ];
  const shown = asked.filter(([, , , show]) => show);
  if (shown.length === 0) return null;
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {shown.map(([key, label, none]) => (
        <div key={key} className="min-w-0 space-y-1">
          <div className="font-medium">{label}</div>
          <Select
            label={label}
            className="w-full"
            value={value[key]}
            // An override that names a client settles that too.
            onChange={(v) => onChange({ ...value, [key]: v, ...(key === "override" && { client: "" }) })}
            options={[{ value: "", label: none }, ...options[key]]}
          />
        </div>
      ))}
    </div>
  );
}
