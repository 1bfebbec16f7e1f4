import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BookOpen, ExternalLink, LogOut, UserRound } from "lucide-react";
import type { ComponentProps, ReactElement } from "react";
import { signOut, type Session } from "@/api/session";
import { forgetVisits } from "@/lib/recent";
import { routes } from "@/paths";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuLine, MenuTrigger } from "./ui/dropdown";
import { useToast } from "./ui/toast";

/** Who is signed in, and what they do with that. */
export function MemberActions({ session, trigger }: { session: Session; trigger: ReactElement<ComponentProps<"button">> }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const name = session.member.name || session.member.email;
  const leave = async () => {
    try {
      await signOut();
    } catch (e) {
      toast.bad("You are still signed in", e);
      return;
    }
    forgetVisits(session.member.id);
    await navigate({ to: routes.signIn, search: {} } as never);
    // Nothing of this member stays for the next one at this computer.
    queries.clear();
  };
  return (
    <Menu defaultOpen>
      <MenuTrigger asChild>{trigger}</MenuTrigger>
      <MenuContent align="end">
        <MenuLabel>
          <span className="block font-medium text-text">{name}</span>
          {name !== session.member.email && <span className="block break-all">{session.member.email}</span>}
          <span className="block">{session.workspace.name}</span>
        </MenuLabel>
        <MenuLine />
        {session.demo_url && (
          <MenuItem asChild>
            <a href={session.demo_url} target="_blank" rel="noopener noreferrer">
              <ExternalLink aria-hidden />
              Open the demo service
            </a>
          </MenuItem>
        )}
        <MenuItem asChild>
          <a href="/docs" target="_blank" rel="noopener">
            <BookOpen aria-hidden />
            Documentation
          </a>
        </MenuItem>
        <MenuItem onSelect={() => void navigate({ to: routes.ownAccount } as never)}>
          <UserRound aria-hidden />
          Your account
        </MenuItem>
        <MenuItem onSelect={() => void leave()}>
          <LogOut aria-hidden />
          Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
