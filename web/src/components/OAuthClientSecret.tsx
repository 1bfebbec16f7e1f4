import { api, data } from "@/api/client";
import type { OAuthApp } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Confirm } from "./Confirm";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";

/** In one pill: whether a secret is being replaced, and whether the provider takes the new one already. */
export function SecretBadge({ client: { secret } }: { client: OAuthApp }) {
  if (!secret.previous) return secret.in_use ? <Badge tone="good">In use</Badge> : <Badge>Not used yet</Badge>;
  return secret.in_use === "current" ? <Badge tone="good">New one in use</Badge> : <Badge tone="warn">Being replaced</Badge>;
}

/** While a secret is being replaced: which the provider takes, until when the old one is kept, and the button that ends it. */
export function SecretState({ client, changed }: { client: OAuthApp; changed: () => void }) {
  const { projectId } = useScope();
  const { secret } = client;
  if (!secret.previous) return null;
  return (
    <div className="space-y-2 rounded-md border border-line bg-sunken px-3 py-2.5">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">Two secrets</span>
        <SecretBadge client={client} />
      </div>
      <p className="text-muted">
        {secret.in_use === "current"
          ? "The provider takes the new secret. The one before it is not needed any more."
          : "The provider has not taken the new secret yet. Where it refuses it, the one before it is used."}{" "}
        The old one is destroyed <Time at={secret.previous.expires_at} />.
      </p>
      <Confirm
        trigger={
          <Button size="sm" variant="dangerGhost">
            Destroy the old secret now
          </Button>
        }
        title="Destroy the old secret?"
        text={secret.in_use === "current" ? "Only the new one is used from then on." : "The provider has not taken the new secret yet. If it does not, nobody can connect and no account is refreshed."}
        action="Destroy old secret"
        done="Old secret destroyed"
        act={() => data(api.DELETE("/connect/{project_id}/oauth_apps/{oauth_app_id}/previous_secret", { params: { path: { project_id: projectId, oauth_app_id: client.id } } }))}
        after={changed}
      />
    </div>
  );
}
