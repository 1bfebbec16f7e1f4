import type { ReactNode } from "react";
import { useSession } from "@/lib/hooks";
import { manages } from "@/lib/roles";

/** Forms that owners and admins save: others see what they say, and why they cannot change it. */
export function ForManagers({ children }: { children: ReactNode }) {
  const { member } = useSession();
  if (manages(member.role)) return <>{children}</>;
  return (
    <>
      <p role="note" className="rounded-md border border-line bg-surface px-3 py-2 text-muted">
        Owners and admins change these settings. You are {member.role}, and see them as they are.
      </p>
      <fieldset disabled className="min-w-0 space-y-4 border-0 p-0">
        {children}
      </fieldset>
    </>
  );
}
