import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent, DialogTrigger } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** Gives a user another id, once the reader has typed the one that goes. */
export function RenameUser({ user }: { user: string }) {
  const scope = useScope();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState("");
  const [typed, setTyped] = useState("");
  const { busy, error, forget, form } = useSubmit(async () => {
    const params = { ...within(scope), path: { project_id: scope.projectId, external_user_id: user } };
    const done = await data(api.POST("/projects/{project_id}/users/{external_user_id}/rename", { params, body: { external_user_id: to } }));
    setOpen(false);
    toast.good("The user has the new id");
    await queries.invalidateQueries();
    void navigate(paths.user(scope, done.external_user_id) as never);
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        if (busy) return;
        setOpen(next);
        setTo("");
        setTyped("");
        forget();
      }}
    >
      <DialogTrigger asChild>
        <Button>Change id</Button>
      </DialogTrigger>
      <DialogContent
        title="Change this user's id"
        description={
          <ul className="list-disc space-y-1 pl-4">
            <li>Your own system must use the new id from now on: a call under the former one makes another user, who has nothing.</li>
            <li>Accounts, tokens, triggers and runs under way are found by the new id at once; events, runs, logs and usage of before follow.</li>
            <li>Bodies of events and the audit log stay as they are, and name the former id.</li>
          </ul>
        }
      >
        <Form of={form} className="mt-3 space-y-3">
          <Field name="external_user_id" label="New id">
            {(ids) => <Input {...ids} required maxLength={250} value={to} onChange={(e) => setTo(e.target.value)} autoComplete="off" spellCheck={false} className="font-mono" />}
          </Field>
          <Field name="confirm" label="Type the id that goes, to confirm" hint={<code className="break-all select-all">{user}</code>}>
            {(ids) => <Input {...ids} value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" spellCheck={false} className="font-mono" />}
          </Field>
          <FormActions error={error} action="Change id" variant="primary" busy={busy} disabled={!to || typed !== user} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}

/** How far the last change of an id is: of the user who has it, or of one who had it. */
export function RenameProgress({ user, gone }: { user: string; gone: boolean }) {
  const scope = useScope();
  const all = useQuery({
    queryKey: ["user-renames", scope, user],
    queryFn: () => data(api.GET("/projects/{project_id}/user_renames", { params: { ...within(scope), query: { external_user_id: user, limit: 1 } } })),
    refetchInterval: (q) => (q.state.data?.data[0]?.status === "moving" ? 2_000 : false),
  });
  const last = all.data?.data[0];
  if (!last) return null;
  const moved = Object.entries(last.moved)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, n]) => `${n.toLocaleString("en")} ${kind.replaceAll("_", " ")}`)
    .join(", ");
  if (last.external_user_id !== user)
    return gone ? (
      <p className="mt-2">
        The user who had this id has another since <Time at={last.created_at} />:{" "}
        <Link {...(paths.user(scope, last.external_user_id) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">
          {last.external_user_id}
        </Link>
      </p>
    ) : null;
  return (
    <p role="status" className="mt-2 text-muted">
      This id was given <Time at={last.created_at} />
      {last.former_id && (
        <>
          {" "}
          for <code className="break-all">{last.former_id}</code>
        </>
      )}
      . {last.status === "moving" ? "What happened before is being moved" : "What happened before was moved"}
      {moved && `: ${moved}`}.{last.status === "settling" && " What comes late is looked for once more."}
    </p>
  );
}
