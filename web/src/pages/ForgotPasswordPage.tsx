import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { own } from "@/api/account";
import { Door, doorForm } from "@/components/Door";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useTitle } from "@/lib/hooks";
import { routes } from "@/paths";

/** Asks for a link to set a password. What it says is the same for every e-mail. */
export function ForgotPasswordPage() {
  useTitle("Forgot password");
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const { busy, error, form } = useSubmit(async () => {
    await own("POST", "forgot", { email: email.trim() });
    setSent(true);
  });
  return (
    <Door title="Set a new password" text="By a link that we send you">
      {sent ? (
        <p role="status" className={doorForm}>
          If somebody here has the e-mail {email.trim()}, a link is on its way to it. It works once, for 30 minutes.
        </p>
      ) : (
        <Form of={form} className={doorForm}>
          <Field name="email" label="E-mail">{(ids) => <Input {...ids} type="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.target.value)} />}</Field>
          <FormError error={error} />
          <Button type="submit" variant="primary" busy={busy} className="w-full">
            Send the link
          </Button>
        </Form>
      )}
      <p className="mt-4 text-center">
        <Link to={routes.signIn} className="text-accent hover:underline underline-offset-4">
          Back to sign-in
        </Link>
      </p>
    </Door>
  );
}
