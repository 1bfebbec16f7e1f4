import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { accountQuery } from "@/api/account";
import { FactorsCard } from "@/components/account/FactorsCard";
import { PasswordCard } from "@/components/account/PasswordCard";
import { SessionsCard } from "@/components/account/SessionsCard";
import { SignInRules } from "@/components/account/SignInRules";
import { Async } from "@/components/Async";
import { Mark } from "@/components/Mark";
import { MemberMenu } from "@/components/MemberMenu";
import { PageHead } from "@/components/PageHead";
import { ThemeToggle } from "@/components/ThemeToggle";
import { useSession } from "@/lib/hooks";
import { routes } from "@/paths";

/** One's own sign-in: it is of the person, and of no project. */
export function OwnAccountPage() {
  const session = useSession();
  const account = useQuery(accountQuery);
  return (
    <div className="min-h-dvh">
      <header className="sticky top-0 z-20 flex min-h-12 items-center gap-3 border-b border-line bg-surface px-3 sm:px-5">
        <Link to={routes.home} className="flex items-center gap-2.5 font-semibold tracking-tight" aria-label="Back to the console">
          <Mark />
          Patchbay
        </Link>
        <div className="ml-auto flex items-center gap-0.5">
          <ThemeToggle />
          <MemberMenu session={session} />
        </div>
      </header>
      <main className="mx-auto max-w-4xl px-3 py-5 sm:px-5">
        <PageHead title="Your account" text={session.member.email} />
        <Async query={account}>
          {(a) => (
            <div className="space-y-5">
              {session.set_up && (
                <p role="status" className="rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
                  {session.workspace.name} asks for two factors. Set up an authenticator app or a passkey to go on.
                </p>
              )}
              <FactorsCard account={a} />
              <PasswordCard account={a} />
              <SessionsCard account={a} />
              {session.member.role === "owner" && <SignInRules workspace={session.workspace.name} />}
            </div>
          )}
        </Async>
      </main>
    </div>
  );
}
