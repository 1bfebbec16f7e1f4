import type { ReactNode } from "react";
import { useRole } from "@/lib/hooks";
import { manages } from "@/lib/roles";
import { LookOnlyNote } from "./ui/form";
import { LookOnly } from "./ui/lookOnly";

/** Forms that owners and admins save: others see what they say, and why they cannot change it. */
export function ForManagers({ children }: { children: ReactNode }) {
  const role = useRole();
  if (manages(role)) return <>{children}</>;
  return (
    <LookOnly.Provider value={undefined}>
      <LookOnlyNote>Owners and admins change these settings. You are {role}, and see them as they are.</LookOnlyNote>
      <fieldset disabled className="min-w-0 space-y-4 border-0 p-0">
        {children}
      </fieldset>
    </LookOnly.Provider>
  );
}
