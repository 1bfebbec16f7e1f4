import { ChevronsUpDown } from "lucide-react";
import type { Session } from "@/api/session";
import { lazyMenu } from "@/components/ui/lazyMenu";

const WorkspaceMenu = lazyMenu<{ session: Session }>(() => import("./WorkspaceMenu").then((m) => m.WorkspaceMenu));

/** The workspace that is open, and the way to the others. `text` stands for its name where it is not to be gone on with. */
export function WorkspaceSwitcher({ session, text }: { session: Session; text?: string }) {
  const now = session.workspace;
  return (
    <WorkspaceMenu
      session={session}
      trigger={
        <button type="button" aria-label={text ?? `Workspace: ${now.name}`} className="-mx-1 flex max-w-[calc(100%+0.5rem)] items-center gap-1 rounded px-1 text-xs text-muted hover:bg-sunken hover:text-text">
          <span className="truncate">{text ?? now.name}</span>
          <ChevronsUpDown className="size-3 shrink-0" aria-hidden />
        </button>
      }
    />
  );
}
