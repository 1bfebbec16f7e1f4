import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import { getSession, signIn } from "@/api/session";
import { Door, doorForm } from "@/components/Door";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { FormError } from "@/components/ui/form";
import { explain } from "@/components/ui/toast";
import { useTitle } from "@/lib/hooks";
import { localPath } from "@/lib/localPath";
import { routes } from "@/paths";

/** The door. After a refusal the password is empty and has the focus; the e-mail stays. */
export function SignInPage() {
  useTitle("Sign in");
  const search = useSearch({ strict: false }) as { reason?: string; next?: string };
  const queries = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
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

  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const session = await signIn(email.trim(), password);
      queries.clear();
      queries.setQueryData(["session"], session);
      if (search.next) router.history.push(localPath(search.next));
      else await navigate({ to: "/" });
    } catch (e) {
      // A refusal needs no request id; a fault of the server does.
      setError(e instanceof ApiError && e.status > 0 && e.status < 500 ? e.message : explain(e));
      setPassword("");
      passwordInput.current?.focus();
    } finally {
      setBusy(false);
    }
  };

  return (
    <Door title="Sign in to Patchbay" text="The console of this installation">
        {search.reason === "link" && !error && (
          <p role="status" className="mb-4 rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
            This sign-in link was used before or has expired. Sign in with your e-mail and password, or ask for a new link.
          </p>
        )}
        <form
          className={doorForm}
          onSubmit={(e) => {
            e.preventDefault();
            if (!busy) void submit();
          }}
        >
          <Field label="E-mail">
            {(ids) => (
              <Input {...ids} ref={emailInput} type="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.target.value)} />
            )}
          </Field>
          <Field label="Password">
            {(ids) => (
              <Input {...ids} ref={passwordInput} type="password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.target.value)} />
            )}
          </Field>
          <FormError error={error} />
          <Button type="submit" variant="primary" busy={busy} className="w-full">
            Sign in
          </Button>
        </form>
        <p className="mt-4 text-center">
          <Link to={routes.forgotPassword} className="text-accent hover:underline underline-offset-4">
            Forgot your password?
          </Link>
        </p>
    </Door>
  );
}
