import type { Session } from "@/api/session";
import { lazyMenu } from "./ui/lazyMenu";

const MemberActions = lazyMenu<{ session: Session }>(() => import("./MemberActions").then((m) => m.MemberActions));

export function MemberMenu({ session }: { session: Session }) {
  const name = session.member.name || session.member.email;
  return (
    <MemberActions
      session={session}
      trigger={
        <button type="button" aria-label={`Signed in as ${name}`} className="flex size-8 items-center justify-center rounded-full bg-accent-soft text-[0.8125rem] font-semibold text-accent">
          {initials(name)}
        </button>
      }
    />
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words[1]?.[0] ?? "")).toUpperCase();
}
