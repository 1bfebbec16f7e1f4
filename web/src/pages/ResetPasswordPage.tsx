import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { own } from "@/api/account";
import { Door, doorForm } from "@/components/Door";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useTitle } from "@/lib/hooks";
import { routes } from "@/paths";

/** Sets a password by a link from an e-mail. The link's secret stands behind the #, which no server is sent. */
export function ResetPasswordPage() {
  useTitle("Set a new password");
  const [token] = useState(() => window.location.hash.slice(1));
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const { busy, error, form } = useSubmit(async () => {
    await own("POST", "reset", { token, password });
    setDone(true);
  });
  return (
    <Door title="Set a new password" text="It ends all your sessions">
      {done ? (
        <p role="status" className={doorForm}>
          Your password is set. You can sign in with it now.
        </p>
      ) : (
        <Form of={form} className={doorForm}>
          <Field name="password" label="New password" hint="10 characters or more.">
            {(ids) => <Input {...ids} type="password" autoComplete="new-password" required minLength={10} maxLength={200} value={password} onChange={(e) => setPassword(e.target.value)} />}
          </Field>
          <FormError error={error} />
          <Button type="submit" variant="primary" busy={busy} className="w-full">
            Set password
          </Button>
        </Form>
      )}
      <p className="mt-4 flex justify-center gap-4">
        <Link to={routes.signIn} className="text-accent hover:underline underline-offset-4">
          Sign in
        </Link>
        {!done && (
          <Link to={routes.forgotPassword} className="text-accent hover:underline underline-offset-4">
            Ask for another link
          </Link>
        )}
      </p>
    </Door>
  );
}
