import { useQuery } from "@tanstack/react-query";
import { accountQuery } from "@/api/account";
import { FactorsCard } from "@/components/account/FactorsCard";
import { PasswordCard } from "@/components/account/PasswordCard";
import { SessionsCard } from "@/components/account/SessionsCard";
import { SignInRules } from "@/components/account/SignInRules";
import { Async } from "@/components/Async";
import { PageHead } from "@/components/PageHead";
import { PlainFrame } from "@/components/PlainFrame";
import { WorkspaceSwitcher } from "@/components/workspace/WorkspaceSwitcher";
import { useSession } from "@/lib/hooks";

/** One's own sign-in: it is of the person, and of no project. */
export function OwnAccountPage() {
  const session = useSession();
  const account = useQuery(accountQuery);
  return (
    <PlainFrame>
      <PageHead title="Your account" text={session.member.email} />
      <Async query={account}>
        {(a) => (
          <div className="space-y-5">
            {session.set_up === "sso" && (
              <p role="status" className="rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
                {session.workspace.name} is entered by single sign-on alone. Sign out, and continue with SSO.
              </p>
            )}
            {session.set_up === "address" && (
              <div role="status" className="rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
                <p>{session.workspace.name} may not be used from the address that you come from. Use a network that it allows, or choose another workspace.</p>
                <WorkspaceSwitcher session={session} />
              </div>
            )}
            {a.sso && (
              <p role="status" className="rounded-md border border-line bg-surface px-3 py-2 text-muted">
                You came in by single sign-on, which is of {session.workspace.name} alone. How you sign in is changed where your organisation keeps its accounts.
              </p>
            )}
            {session.set_up === "two_factors" && (
              <p role="status" className="rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
                {session.workspace.name} asks for two factors. Set up an authenticator app or a passkey to go on.
              </p>
            )}
            {!a.sso && (
              <>
                <FactorsCard account={a} />
                <PasswordCard account={a} />
              </>
            )}
            <SessionsCard account={a} />
            {session.member.role === "owner" && session.set_up !== "address" && <SignInRules workspace={session.workspace.name} />}
          </div>
        )}
      </Async>
    </PlainFrame>
  );
}
