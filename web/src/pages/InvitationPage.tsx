import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { own } from "@/api/account";
import { ApiError } from "@/api/client";
import { signOut, type Came, type Role } from "@/api/session";
import { Async } from "@/components/Async";
import { Door, doorForm } from "@/components/Door";
import { Time } from "@/components/Time";
import { Button, buttonStyle } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { cn } from "@/lib/cn";
import { useParam, useTitle } from "@/lib/hooks";
import { hints } from "@/lib/roles";
import { routes } from "@/paths";

/** What an invitation's link offers, and to whom. */
interface Offer {
  email: string;
  workspace: string;
  role: Role;
  invited_by: string;
  /** Whether there is a person with the e-mail. */
  known: boolean;
  expires_at: string;
  /** The e-mail of who is signed in; null: nobody is. */
  signed_in: string | null;
  /** Whether they came in by single sign-on, which opens one workspace alone. */
  sso: boolean;
}

/**
 * The token of the link: it stands behind #, where no log and no Referer has it; in older links, in the path, from which it is taken.
 * The tab keeps it, for whoever has to sign in on the way.
 */
function useToken(): string {
  const old = useParam("token");
  const router = useRouter();
  const hash = useLocation({ select: (l) => l.hash });
  const token = old || hash || (sessionStorage.getItem(kept) ?? "");
  useEffect(() => {
    sessionStorage.setItem(kept, token);
    if (old) router.history.replace(`${routes.invitation}#${old}`);
  }, [token, old, router]);
  return token;
}
const kept = "patchbay.invitation";

/** Lets in who has an invitation's link: somebody new, or who is here already. */
export function InvitationPage() {
  useTitle("Invitation");
  const token = useToken();
  const offer = useQuery({ queryKey: ["invitation", token], queryFn: () => own<Offer>("GET", "invitation", undefined, { "Invitation-Token": token }), retry: false, staleTime: 0 });
  if (offer.error instanceof ApiError && offer.error.status === 404) {
    return (
      <Door title="This invitation is over" text="Its link lets nobody in">
        <div className={doorForm}>
          <p role="alert">{offer.error.message}</p>
          <p className="text-muted">If you accepted it before, sign in.</p>
          <SignInLink>Sign in</SignInLink>
        </div>
      </Door>
    );
  }
  return (
    <Door title="You are invited" text={offer.data ? `To ${offer.data.workspace}, on Patchbay` : "To Patchbay"}>
      <div className={doorForm}>
        <Async query={offer}>
          {(o) => (
            <>
              <p className="[overflow-wrap:anywhere]">
                <strong className="font-semibold">{o.invited_by}</strong> invites <strong className="font-semibold">{o.email}</strong> to the workspace{" "}
                <strong className="font-semibold">{o.workspace}</strong>, as {o.role}.
              </p>
              <p className="text-[0.8125rem] text-muted">
                {hints[o.role]} The link ends <Time at={o.expires_at} />.
              </p>
              <Way o={o} token={token} again={() => offer.refetch()} />
            </>
          )}
        </Async>
      </div>
    </Door>
  );
}

function Way({ o, token, again }: { o: Offer; token: string; again: () => Promise<unknown> }) {
  const queries = useQueryClient();
  const out = useSubmit(async () => {
    await signOut();
    queries.removeQueries({ queryKey: ["session"] });
    await again();
  });
  if (o.signed_in === null && o.known) {
    return (
      <>
        <p className="text-muted">You have signed in here before. Sign in with this e-mail, and you come back to this page.</p>
        <SignInLink next={routes.invitation}>Sign in to go on</SignInLink>
      </>
    );
  }
  if (o.signed_in === null) return <Join o={o} token={token} />;
  if (!o.sso && o.signed_in.toLowerCase() === o.email.toLowerCase()) return <Join o={o} token={token} known />;
  return (
    <Form of={out.form} className="space-y-4">
      <p role="status" className="rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn [overflow-wrap:anywhere]">
        {o.sso
          ? `You came in by single sign-on as ${o.signed_in}, which opens one workspace and no other. Sign out, and accept with a password of your own.`
          : `You are signed in as ${o.signed_in}, and this invitation is for ${o.email}.`}
      </p>
      <FormError error={out.error} />
      <Button type="submit" variant="primary" busy={out.busy} className="w-full">
        Sign out and go on
      </Button>
    </Form>
  );
}

/** Accepts: with a name and a password from who is new. */
function Join({ o, token, known }: { o: Offer; token: string; known?: boolean }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    const came = await own<Came>("POST", "invitation", known ? {} : { name: name.trim(), password }, { "Invitation-Token": token });
    queries.clear();
    if ("second_factor" in came) return navigate({ to: routes.signIn, search: { second: came.second_factor.join(",") } } as never);
    queries.setQueryData(["session"], came);
    return navigate({ to: routes.home } as never);
  });
  return (
    <Form of={form} className="space-y-4">
      {!known && (
        <>
          <Field name="email" label="E-mail">{(ids) => <Input {...ids} type="email" autoComplete="username" readOnly value={o.email} className="bg-sunken" />}</Field>
          <Field name="name" label="Name">
            {(ids) => <Input {...ids} autoFocus autoComplete="name" required maxLength={120} value={name} onChange={(e) => setName(e.target.value)} />}
          </Field>
          <Field name="password" label="Password" hint="10 characters or more.">
            {(ids) => <Input {...ids} type="password" autoComplete="new-password" required minLength={10} maxLength={200} value={password} onChange={(e) => setPassword(e.target.value)} />}
          </Field>
        </>
      )}
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} className="w-full">
        Join the workspace
      </Button>
    </Form>
  );
}

function SignInLink({ next, children }: { next?: string; children: ReactNode }) {
  return (
    <Link to={routes.signIn} search={next ? { next } : {}} className={cn(buttonStyle({ variant: "primary" }), "w-full")}>
      {children}
    </Link>
  );
}
