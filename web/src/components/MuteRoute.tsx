import { useState } from "react";
import { api, data } from "@/api/client";
import { within, type NotificationRoute } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { changedMeanwhile } from "./ChangedMeanwhile";
import { settingsOf } from "./NotificationForm";
import { Button } from "./ui/button";
import { Dialog, DialogContent } from "./ui/dialog";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from "./ui/dropdown";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

const spans = [["For an hour", 1], ["For eight hours", 8], ["For a day", 24], ["For a week", 7 * 24]] as const;

/** Has a route be silent until a time, or speak again. */
export function MuteRoute({ route, changed }: { route: NotificationRoute; changed: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const [choosing, setChoosing] = useState(false);
  const path = { project_id: scope.projectId, notification_route_id: route.id };
  const mute = async (until: Date | null) => {
    const muted_until = until?.toISOString() ?? null;
    const write = (r: NotificationRoute) =>
      data(
        api.PUT("/projects/{project_id}/notification_routes/{notification_route_id}", {
          params: { ...within(scope), path, query: { unchanged_since: r.updated_at } },
          body: { ...settingsOf(r), muted_until },
        }),
      );
    // All of a route is written at once: what somebody else changed in it meanwhile goes along.
    await write(route).catch(async (e: unknown) => {
      if (!changedMeanwhile(e)) throw e;
      return write(await data(api.GET("/projects/{project_id}/notification_routes/{notification_route_id}", { params: { ...within(scope), path } })));
    });
    toast.good(until ? `Silent until ${until.toLocaleString()}` : "It tells again");
    changed();
  };
  const now = (until: Date | null) => void mute(until).catch((e: unknown) => toast.bad("Not changed", e));
  if (route.muted_until && Date.parse(route.muted_until) > Date.now()) {
    return (
      <Button size="sm" onClick={() => now(null)}>
        Unmute
      </Button>
    );
  }
  return (
    <>
      <Menu>
        <MenuTrigger asChild>
          <Button size="sm">Mute</Button>
        </MenuTrigger>
        <MenuContent align="end">
          <MenuLabel>What happens meanwhile is not told</MenuLabel>
          {spans.map(([label, hours]) => (
            <MenuItem key={hours} onSelect={() => now(new Date(Date.now() + hours * 3_600_000))}>
              {label}
            </MenuItem>
          ))}
          <MenuItem onSelect={() => setChoosing(true)}>Until …</MenuItem>
        </MenuContent>
      </Menu>
      <Dialog open={choosing} onOpenChange={setChoosing}>
        {choosing && (
          <DialogContent title={`Mute ${route.name}`} description="What happens until then is not told, also not afterwards. Digests come all the same.">
            <Until mute={mute} done={() => setChoosing(false)} />
          </DialogContent>
        )}
      </Dialog>
    </>
  );
}

function Until({ mute, done }: { mute: (until: Date) => Promise<void>; done: () => void }) {
  const [at, setAt] = useState("");
  const until = new Date(at);
  const sound = at !== "" && until.getTime() > Date.now();
  const { busy, error, form } = useSubmit(async () => {
    await mute(until);
    done();
  });
  return (
    <Form of={form} className="space-y-4">
      <Field name="muted_until" label="Until" hint="In your time." error={at === "" || sound ? undefined : "A time that is still to come."}>
        {(ids) => <Input {...ids} type="datetime-local" value={at} onChange={(e) => setAt(e.target.value)} />}
      </Field>
      <FormActions error={error} action="Mute" busy={busy} disabled={!sound} />
    </Form>
  );
}
