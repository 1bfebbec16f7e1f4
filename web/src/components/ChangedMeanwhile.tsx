import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, changedMeanwhile, data } from "@/api/client";
import { differences, harmless, type Values } from "@/lib/conflict";
import { CopyButton } from "./Copy";
import { Time } from "./Time";
import { Button } from "./ui/button";
import { Dialog, DialogActions, DialogContent } from "./ui/dialog";
import { Form, FormError, useSubmit } from "./ui/form";
import { DiffView } from "./versions/DiffView";

export { changedMeanwhile } from "@/api/client";
export { never } from "@/lib/conflict";

interface Edited<T> {
  what: string;
  /** How the log is asked who it was. */
  log: { project_id?: string; subject?: string; action?: string; since?: string };
  /** What is to be written. */
  own: () => Values;
  /** Whether that takes the place of all there is; else what it does not name stays. */
  whole?: boolean;
  /** The same of what is there; with it, of what one began with. */
  read: (there: T) => Values;
  first: () => T | undefined;
  newest: () => Promise<T>;
  /** Writes one's own over what was shown as there now. */
  mine: (now: T) => Promise<unknown>;
  theirs: (now: T) => unknown;
}

/**
 * What a form does when somebody else has saved meanwhile what it changes. Where they changed something else, it is
 * saved all the same; where not, `dialog` shows both, and nothing is lost until somebody says which holds. `guard`
 * says whether it was saved.
 */
export function useConflict<T>(of: Edited<T>): { guard: (save: () => Promise<unknown>) => Promise<boolean>; dialog: ReactNode } {
  const [clash, setClash] = useState<{ now: T; own: Values }>();
  const guard = async (save: () => Promise<unknown>, again = 3): Promise<boolean> => {
    try {
      await save();
      setClash(undefined);
      return true;
    } catch (e) {
      if (!changedMeanwhile(e)) throw e;
      const now = await of.newest();
      const own = of.whole ? { ...Object.fromEntries(Object.keys(of.read(now)).map((k) => [k, null])), ...of.own() } : of.own();
      const first = of.first();
      // Who saves all the time is not raced for ever.
      if (again > 0 && first !== undefined && harmless(own, of.read(first), of.read(now))) return guard(() => of.mine(now), again - 1);
      setClash({ now, own });
      return false;
    }
  };
  const dialog = clash && (
    <ChangedMeanwhile
      what={of.what}
      log={of.log}
      own={clash.own}
      now={of.read(clash.now)}
      keep={() => guard(() => of.mine(clash.now), 0)}
      take={async () => {
        await of.theirs(clash.now);
        setClash(undefined);
      }}
      close={() => setClash(undefined)}
    />
  );
  return { guard, dialog };
}

interface Props {
  what: string;
  log: Edited<unknown>["log"];
  own: Values;
  now: Values;
  keep: () => Promise<unknown>;
  take: () => Promise<unknown>;
  close: () => void;
}

/** Two have changed one thing: what each wrote, and which is to hold. */
function ChangedMeanwhile({ what, log, own, now, keep, take, close }: Props) {
  // Who it was is in the log, which not everybody may read.
  const last = useQuery({ queryKey: ["audit", "last", log, now], queryFn: () => data(api.GET("/audit_log", { params: { query: { ...log, limit: 1 } } })), retry: false, staleTime: 0 });
  const entry = last.data?.data[0];
  const mine = useSubmit(keep);
  const theirs = useSubmit(take);
  const apart = differences(own, now);
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
        className="max-w-3xl"
      >
        {apart.length === 0 ? (
          <p className="text-muted">Both say the same.</p>
        ) : (
          <ul aria-label="What differs" className="max-h-[50dvh] space-y-3 overflow-y-auto" tabIndex={0}>
            {apart.map((d) => (
              <li key={d.field} className="overflow-hidden rounded-md border border-line">
                <div className="border-b border-line bg-sunken px-3 py-1.5 font-medium">{d.field}</div>
                {/\n/.test(d.mine + d.theirs) ? (
                  <DiffView before={d.theirs} after={d.mine} names={["There now", "Yours"]} />
                ) : (
                  <dl className="grid sm:grid-cols-2">
                    <Side name="There now" text={d.theirs} />
                    <Side name="Yours" text={d.mine} />
                  </dl>
                )}
              </li>
            ))}
          </ul>
        )}
        <div className="mt-3">
          <CopyButton text={JSON.stringify(own, null, 2)} what="yours" labelled />
        </div>
        <FormError error={mine.error ?? theirs.error} />
        <DialogActions>
          <Button onClick={close}>Go on editing</Button>
          <Form of={theirs.form}>
            <Button type="submit" busy={theirs.busy}>Take theirs</Button>
          </Form>
          <Form of={mine.form}>
            <Button type="submit" variant="danger" busy={mine.busy}>Keep mine, write over theirs</Button>
          </Form>
        </DialogActions>
      </DialogContent>
    </Dialog>
  );
}

function Side({ name, text }: { name: string; text: string }) {
  return (
    <div className="px-3 py-2 not-first:border-t not-first:border-line sm:not-first:border-t-0 sm:not-first:border-l">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="[overflow-wrap:anywhere]">{text || <span className="text-muted">nothing</span>}</dd>
    </div>
  );
}
