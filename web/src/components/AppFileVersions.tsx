import { useQuery } from "@tanstack/react-query";
import { appFileVersionsQuery, clientsQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { Async } from "./Async";
import { changedMeanwhile } from "./ChangedMeanwhile";
import { Confirm } from "./Confirm";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Card } from "./ui/card";

/** Every version that was saved, by whom and when; an earlier one can be made the newest again. */
export function AppFileVersions({ slug, own, base, changed }: { slug: string; own: boolean; base: number; changed: () => void }) {
  const versions = useQuery(appFileVersionsQuery(slug));
  const clients = useQuery(clientsQuery);
  const named = (author: string) => clients.data?.data.find((c) => c.id === author)?.name ?? author;
  const restore = (version: number, force: boolean) =>
    data(api.POST("/app_files/{app_id}/versions/{version}/restore", { params: { path: { app_id: slug, version }, query: { base_version: base, ...(force && { force: "true" as const }) } } })).catch((e: unknown) => {
      if (changedMeanwhile(e)) changed(); // the newest is what is then looked at
      throw e;
    });
  return (
    <Card title="Versions" flush>
      <Async query={versions}>
        {(all) => (
          <ol className="divide-y divide-line">
            {all.map((v, i) => (
              <li key={v.version} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
                <span className="font-medium">Version {v.version}</span>
                {i === 0 && own && <Badge tone="good">serves</Badge>}
                {v.removed && <Badge>taken away</Badge>}
                <span className="min-w-0 grow break-words text-muted">
                  {named(v.author)}, <Time at={v.created_at} />
                </span>
                {!v.removed && (i > 0 || !own) && (
                  <Confirm
                    trigger={<Button size="sm">Restore</Button>}
                    title={`Restore version ${v.version}?`}
                    text="It becomes the newest version and serves at once. The versions after it are kept."
                    action="Restore version"
                    done={`Version ${v.version} serves again`}
                    mild
                    insist={{ code: "app_in_use", action: "Restore it all the same" }}
                    act={(force) => restore(v.version, force)}
                    after={changed}
                  />
                )}
              </li>
            ))}
          </ol>
        )}
      </Async>
    </Card>
  );
}
