import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import { own } from "@/api/account";
import { getSession, leadToProvider, signIn, signInByCode, signInByPasskey, type Came, type Way } from "@/api/session";
import { Door, doorForm } from "@/components/Door";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { FormError } from "@/components/ui/form";
import { explain } from "@/components/ui/toast";
import { useTitle } from "@/lib/hooks";
import { localPath } from "@/lib/localPath";
import { canPasskeys, showPasskey } from "@/lib/passkeys";
import { refusals } from "@/lib/refusals";
import { routes } from "@/paths";

/** The door. After a refusal the password is empty and has the focus; the e-mail stays. */
export function SignInPage() {
  useTitle("Sign in");
  const search = useSearch({ strict: false }) as { reason?: string; next?: string; second?: string };
  const queries = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [ways, setWays] = useState<Way[]>((search.second?.split(",") ?? []) as Way[]);
  const [code, setCode] = useState("");
  const [sso, setSso] = useState(false);
  const [choices, setChoices] = useState<{ connection: string; workspace: string }[]>([]);
  const emailInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);

  useEffect(() => emailInput.current?.focus(), []);
  useEffect(() => {
    // Whoever is signed in already (another tab, a one-time link) need not do it again.
    if (queries.getQueryData(["session"]) === null) return;
    let gone = false;
    getSession().then(
      (s) => {
        if (gone || !s) return;
        queries.setQueryData(["session"], s);
        router.history.replace(localPath(search.next));
      },
      () => {},
    );
    return () => {
      gone = true;
    };
  }, []);

  /** Goes on with what came of a sign-in; after a refusal what was typed in vain is gone. */
  const attempt = async (how: () => Promise<Came>) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const came = await how();
      if ("second_factor" in came) {
        setWays(came.second_factor);
        return;
      }
      queries.clear();
      queries.setQueryData(["session"], came);
      if (search.next) router.history.push(localPath(search.next));
      else await navigate({ to: "/" });
    } catch (e) {
      if (e instanceof ApiError && e.code === "sign_in_step") setWays([]);
      // Signed in, and a member of nothing: whoever was on the way to an invitation goes on to it.
      if (e instanceof ApiError && e.code === "no_workspace" && search.next?.startsWith(routes.invitation)) {
        router.history.push(localPath(search.next));
        return;
      }
      // A refusal needs no request id; a fault of the server does.
      setError(e instanceof ApiError && e.status > 0 && e.status < 500 ? e.message : explain(e));
      setPassword("");
      setCode("");
      passwordInput.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const byPasskey = (second: boolean) => attempt(async () => signInByPasskey(await showPasskey(await own("POST", "session/passkey/begin", { second }))));
  /** Goes to the identity provider of who has the e-mail; the browser comes back with a session. */
  const toProvider = async (connection?: string) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const leads = await leadToProvider(email.trim(), connection, search.next);
      if ("url" in leads) return window.location.assign(leads.url); // busy until it is left
      setChoices(leads.choices);
    } catch (e) {
      setError(e instanceof ApiError && e.status > 0 && e.status < 500 ? e.message : explain(e));
    }
    setBusy(false);
  };
  const bySecond = ways.length > 0;
  const refused = search.reason === undefined ? undefined : (refusals[search.reason] ?? (search.reason === "link" ? undefined : "This sign-in came to nothing. Try it again."));

  return (
    <Door title="Sign in to Patchbay" text="The console of this installation">
        {refused && !error && (
          <p role="status" className="mb-4 rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
            {refused}
          </p>
        )}
        {search.reason === "link" && !error && (
          <p role="status" className="mb-4 rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
            This sign-in link was used before or has expired. Sign in with your e-mail and password, or ask for a new link.
          </p>
        )}
        <form
          className={doorForm}
          onSubmit={(e) => {
            e.preventDefault();
            if (sso) void toProvider();
            else void attempt(() => (bySecond ? signInByCode(code) : signIn(email.trim(), password)));
          }}
        >
          {!bySecond && (
            <>
              <Field label="E-mail">
                {(ids) => (
                  <Input
                    {...ids}
                    ref={emailInput}
                    type="email"
                    autoComplete="username"
                    required
                    value={email}
                    onChange={(e) => {
                      setEmail(e.target.value);
                      setChoices([]);
                    }}
                  />
                )}
              </Field>
              {!sso && (
                <Field label="Password">
                  {(ids) => (
                    <Input {...ids} ref={passwordInput} type="password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.target.value)} />
                  )}
                </Field>
              )}
            </>
          )}
          {bySecond && ways.some((w) => w !== "passkey") && (
            <Field label={ways.includes("totp") ? "Code of your authenticator app" : "Recovery code"} hint={ways.includes("recovery_code") ? "Or one of your recovery codes." : undefined}>
              {(ids) => <Input {...ids} autoFocus autoComplete="one-time-code" required value={code} onChange={(e) => setCode(e.target.value)} />}
            </Field>
          )}
          <FormError error={error} />
          {choices.map((c) => (
            <Button key={c.connection} className="w-full" disabled={busy} onClick={() => void toProvider(c.connection)}>
              <span className="truncate">{c.workspace}</span>
            </Button>
          ))}
          {(!bySecond || ways.some((w) => w !== "passkey")) && choices.length === 0 && (
            <Button type="submit" variant="primary" busy={busy} className="w-full">
              {bySecond ? "Go on" : sso ? "Continue with SSO" : "Sign in"}
            </Button>
          )}
          {!bySecond && (
            <Button
              className="w-full"
              disabled={busy}
              onClick={() => {
                setSso(!sso);
                setChoices([]);
                setError(undefined);
                emailInput.current?.focus();
              }}
            >
              {sso ? "Sign in with a password" : "Continue with SSO"}
            </Button>
          )}
          {canPasskeys() && !sso && (!bySecond || ways.includes("passkey")) && (
            <Button className="w-full" disabled={busy} onClick={() => void byPasskey(bySecond)}>
              {bySecond ? "Show a passkey" : "Sign in with a passkey"}
            </Button>
          )}
        </form>
        <p className="mt-4 text-center">
          <Link to={routes.forgotPassword} className="text-accent hover:underline underline-offset-4">
            Forgot your password?
          </Link>
        </p>
    </Door>
  );
}
