import { useQueryClient } from "@tanstack/react-query";
import { Plug } from "lucide-react";
import { useState } from "react";
import { listAccounts } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type App } from "@/api/types";
import { allowedOrigins } from "@/lib/connect";
import { useScope, useSession } from "@/lib/hooks";
import { AppName } from "./AppIcon";
import { AppPicker } from "./AppPicker";
import { ConnectChoices, usual, type Chosen } from "./ConnectChoices";
import { ConnectOverlay } from "./ConnectOverlay";
import { Button } from "./ui/button";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";

interface Attempt {
  link: string;
  app: App;
  externalUserId: string;
  profile: string;
  /** The accounts that were there before; any other one is new. */
  known: Set<string>;
}

/** Goes through the hosted page as a user would, in this project and environment. */
export function ConnectButton({ user, app: preset, variant = "primary" }: { user?: string; app?: App; variant?: "primary" | "secondary" }) {
  const scope = useScope();
  const session = useSession();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [userId, setUserId] = useState(user ?? "test-user");
  const [app, setApp] = useState(preset);
  const [chosen, setChosen] = useState<Chosen>(usual);
  const [attempt, setAttempt] = useState<Attempt>();

  const { busy, error, forget, form } = useSubmit(async () => {
    const externalUserId = userId.trim();
    if (!app) throw new Error("Choose an app.");
    if (!externalUserId) throw new Error("Enter the id of a user.");
    const token = await data(
      api.POST("/connect/{project_id}/tokens", {
        params: within(scope),
        body: { external_user_id: externalUserId, oauth_app_id: chosen.client || null, app_override_id: chosen.override || null, allowed_origins: allowedOrigins(window.location.origin, session.tls_url) },
      }),
    );
    const before = await listAccounts(scope, { external_user_id: externalUserId, limit: 200 });
    setAttempt({ link: token.connect_link_url, app, externalUserId, profile: chosen.profile, known: new Set(before.data.map((a) => a.id)) });
    setOpen(false);
  });

  return (
    <>
      <Dialog
        open={open}
        onOpenChange={(o) => {
          setOpen(o);
          forget();
          setChosen(usual);
          if (o) setUserId(user ?? "test-user");
        }}
      >
        <DialogTrigger asChild>
          <Button variant={variant}>
            <Plug className="size-4" aria-hidden />
            Connect a test account
          </Button>
        </DialogTrigger>
        <DialogContent title="Connect a test account" description="Opens the page your users will see, in this environment.">
          <Form of={form} className="space-y-4">
            <Field name="external_user_id" label="External user id" hint="Your own id of the user. A new one makes a new user.">
              {(ids) => <Input {...ids} value={userId} onChange={(e) => setUserId(e.target.value)} maxLength={250} autoComplete="off" spellCheck={false} />}
            </Field>
            {preset ? (
              <div className="flex items-center gap-2">
                <span className="font-medium">App:</span> <AppName app={preset} />
              </div>
            ) : (
              <AppPicker
                value={app}
                onChange={(a) => {
                  setApp(a);
                  setChosen(usual);
                }}
              />
            )}
            {app && <ConnectChoices key={app.name_slug} app={app} value={chosen} onChange={setChosen} />}
            <FormActions error={error} action="Continue" busy={busy} disabled={!app || !userId.trim()} />
          </Form>
        </DialogContent>
      </Dialog>
      {attempt && (
        <ConnectOverlay
          {...attempt}
          close={() => {
            setAttempt(undefined);
            for (const key of ["accounts", "users", "deliveries"]) void queries.invalidateQueries({ queryKey: [key] });
          }}
        />
      )}
    </>
  );
}
