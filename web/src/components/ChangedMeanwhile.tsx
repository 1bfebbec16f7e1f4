import { useQuery } from "@tanstack/react-query";
import { api, ApiError, data } from "@/api/client";
import { CopyButton } from "./Copy";
import { Time } from "./Time";
import { Button } from "./ui/button";
import { Dialog, DialogActions, DialogContent } from "./ui/dialog";
import { Form, FormError, useSubmit } from "./ui/form";

export const changedMeanwhile = (e: unknown) => e instanceof ApiError && e.code === "changed_meanwhile";

interface Props {
  /** How the log is asked who it was. */
  log: { project_id?: string; subject?: string; action?: string; since?: string };
  what: string;
  /** One's own, as text, to be taken along. */
  own: string;
  theirs: () => Promise<unknown>;
  mine: () => Promise<unknown>;
  close: () => void;
}

/** Two have changed one thing: nothing is lost until somebody says which holds. */
export function ChangedMeanwhile({ log, what, own, theirs, mine, close }: Props) {
  // Who it was is in the log, which not everybody may read.
  const last = useQuery({ queryKey: ["audit", "last", log], queryFn: () => data(api.GET("/audit_log", { params: { query: { ...log, limit: 1 } } })), retry: false, staleTime: 0 });
  const entry = last.data?.data[0];
  const keep = useSubmit(() => mine().then(close));
  const take = useSubmit(() => theirs().then(close));
  return (
    <Dialog open onOpenChange={(o) => !o && close()}>
      <DialogContent
        role="alertdialog"
        title={`The ${what} was changed meanwhile`}
        description={
          <>
            Somebody saved it after you had opened it{entry && <> (by {entry.actor.name ?? entry.actor.kind}, <Time at={entry.created_at} />)</>}. Nothing was overwritten, and what you
            entered is still here.
          </>
        }
        className="max-w-lg"
      >
        <CopyButton text={own} what="yours" labelled />
        <FormError error={keep.error ?? take.error} />
        <DialogActions>
          <Button onClick={close}>Back to mine</Button>
          <Form of={take.form}>
            <Button type="submit" busy={take.busy}>Show theirs</Button>
          </Form>
          <Form of={keep.form}>
            <Button type="submit" variant="danger" busy={keep.busy}>Save mine over it</Button>
          </Form>
        </DialogActions>
      </DialogContent>
    </Dialog>
  );
}
