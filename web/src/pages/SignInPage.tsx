import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import { getSession, signIn } from "@/api/session";
import { Mark } from "@/components/Mark";
import { ThemeToggle } from "@/components/ThemeToggle";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { FormError } from "@/components/ui/form";
import { explain } from "@/components/ui/toast";
import { useTitle } from "@/lib/hooks";
import { localPath } from "@/lib/localPath";

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
    <main className="relative flex min-h-dvh items-center justify-center px-4 py-10">
      <div className="absolute right-3 top-3">
        <ThemeToggle />
      </div>
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Mark size={38} />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">Sign in to Patchbay</h1>
            <p className="text-muted">The console of this installation</p>
          </div>
        </div>
        {search.reason === "link" && !error && (
          <p role="status" className="mb-4 rounded-md border border-warn/30 bg-warn-soft px-3 py-2 text-warn">
            This sign-in link was used before or has expired. Sign in with your e-mail and password, or ask for a new link.
          </p>
        )}
        <form
          className="space-y-4 rounded-lg border border-line bg-surface p-5 shadow-card"
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
      </div>
    </main>
  );
}
