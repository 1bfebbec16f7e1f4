import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clientsQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import type { PrivateComponentDetail } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Confirm } from "./Confirm";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Card } from "./ui/card";

/** The versions of one of the workspace's own components, side by side: what is deployed stays with its own. */
export function PrivateVersions({ name, component: c, changed }: { name: string; component: PrivateComponentDetail; changed: () => void }) {
  const scope = useScope();
  const clients = useQuery(clientsQuery);
  const named = (author: string) => clients.data?.data.find((x) => x.id === author)?.name ?? author;
  return (
    <Card title="Versions" flush>
      <ol className="divide-y divide-line">
        {c.versions.map((v, i) => (
          <li key={v.version} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
            <Link {...({ ...paths.privateComponent(scope, name), search: { version: v.version } } as { to: string })} className="font-medium hover:underline underline-offset-4">
              {v.version}
            </Link>
            {i === 0 && <Badge tone="good">newest</Badge>}
            {v.version === c.version && <Badge>shown</Badge>}
            <span className="min-w-0 grow break-words text-muted">
              {named(v.author)}, <Time at={v.created_at} />
            </span>
            {c.versions.length > 1 && (
              <Confirm
                trigger={
                  <Button size="sm" variant="dangerGhost" aria-label={`Take version ${v.version} away`}>
                    Take away
                  </Button>
                }
                title={`Take version ${v.version} away?`}
                text="It can no longer be run or deployed. The other versions stay."
                action="Take it away"
                done={`Version ${v.version} is gone`}
                insist={{ code: "component_in_use", action: "Take it away all the same" }}
                act={(force) => data(api.DELETE("/private_components/{component_name}", { params: { path: { component_name: name }, query: { version: v.version, ...(force && { force: "true" as const }) } } }))}
                after={changed}
              />
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}
