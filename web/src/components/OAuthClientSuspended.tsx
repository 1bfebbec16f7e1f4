import { CircleX } from "lucide-react";
import type { OAuthApp } from "@/api/types";
import { Time } from "./Time";
import { Badge } from "./ui/badge";

/** Shown where a client is named that its provider does not accept. */
export function SuspendedBadge({ client }: { client: OAuthApp }) {
  if (!client.suspended_at) return null;
  return (
    <Badge tone="bad">
      <CircleX className="size-3" aria-hidden />
      Suspended
    </Badge>
  );
}

/** What a provider has against a client, what that means, and what to do. */
export function Suspended({ client: o }: { client: OAuthApp }) {
  if (!o.suspended_at) return null;
  return (
    <div role="status" className="rounded-md border border-bad/30 bg-bad-soft px-3 py-2.5">
      <p className="font-medium text-bad">
        The provider stopped accepting {o.name} <Time at={o.suspended_at} />
      </p>
      <p className="mt-1">
        {o.suspended_code && (
          <>
            It answers <code className="text-[0.8125rem] break-all">{o.suspended_code}</code>.{" "}
          </>
        )}
        Its accounts are not refreshed meanwhile; those whose token is still good go on working. One refresh a minute tries whether it is accepted again.
      </p>
      <p className="mt-1 text-muted">Look at the client at the provider: was it deleted, disabled, or its secret replaced? Enter the new secret under OAuth clients, then test it there.</p>
    </div>
  );
}
