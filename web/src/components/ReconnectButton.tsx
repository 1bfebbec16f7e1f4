import { Link2 } from "lucide-react";
import { useState } from "react";
import { api, data } from "@/api/client";
import { clientOf, within, type Account } from "@/api/types";
import { reconnectURL } from "@/lib/connect";
import { useScope } from "@/lib/hooks";
import { CopyButton } from "./Copy";
import { Button } from "./ui/button";
import { Dialog, DialogActions, DialogClose, DialogContent, DialogTrigger } from "./ui/dialog";
import { Checkbox } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";

/** Makes a link with which the account's user connects it again. The account keeps its id. */
export function ReconnectButton({ account: a, variant = "secondary" }: { account: Account; variant?: "primary" | "secondary" }) {
  const scope = useScope();
  const [open, setOpen] = useState(false);
  const [other, setOther] = useState(false);
  const [link, setLink] = useState<string>();
  const { busy, error, forget, form } = useSubmit(async () => {
    const token = await data(
      api.POST("/connect/{project_id}/tokens", { params: within(scope), body: { external_user_id: a.external_id, app_id: a.app.name_slug, oauth_app_id: clientOf(a) ?? null, allow_identity_change: other } }),
    );
    setLink(reconnectURL(token.connect_link_url, a.app.name_slug, a.id));
  });
  const change = (to: boolean) => {
    if (busy) return;
    setOpen(to);
    setOther(false);
    setLink(undefined);
    forget();
  };
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogTrigger asChild>
        <Button variant={variant}>
          <Link2 className="size-4" aria-hidden />
          Reconnect link
        </Button>
      </DialogTrigger>
      <DialogContent title="Reconnect this account" description={`Send ${a.external_id} a link. They sign in to ${a.app.name} again, and the account keeps its id, its workflows and its triggers.`}>
        {link ? (
          <div>
            <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1.5 pl-3 pr-1.5">
              <code className="min-w-0 grow truncate text-[0.8125rem]">{link}</code>
              <CopyButton text={link} what="reconnect link" labelled />
            </div>
            <p className="mt-2 text-[0.8125rem] text-muted">Good for four hours and for one connection. Whoever has it can connect, so send it to this user alone.</p>
            <DialogActions>
              <DialogClose asChild>
                <Button variant="primary">Done</Button>
              </DialogClose>
            </DialogActions>
          </div>
        ) : (
          <Form of={form} className="space-y-3">
            <Checkbox
              label="It may be another person at the app"
              hint={`Otherwise only ${a.name ?? "the one who connected it"} can, so that no workflow acts for somebody else by mistake.`}
              checked={other}
              onChange={setOther}
            />
            <FormActions error={error} action="Make the link" busy={busy} disabled={false} />
          </Form>
        )}
      </DialogContent>
    </Dialog>
  );
}
