import { api, data } from "@/api/client";
import { within, type Webhook } from "@/api/types";
import { cn } from "@/lib/cn";
import { useScope } from "@/lib/hooks";
import { Time } from "./Time";
import { Button } from "./ui/button";
import { Form, FormError, useSubmit } from "./ui/form";

/** Why a webhook is not sent to, what becomes of its deliveries, and a way to go on at once. */
export function ReceiverTrouble({ webhook: w, changed }: { webhook: Webhook; changed: (w: Webhook) => void }) {
  const scope = useScope();
  // To set the same URL again is to say that the receiver is well.
  const { busy, error, form } = useSubmit(async () => {
    const answer = await data(api.PUT("/connect/{project_id}/webhook", { params: { ...within(scope), query: { unchanged_since: w.changed_at } }, body: { url: w.url } }));
    changed(answer.data);
  });
  if (!w.status || w.status === "active") return null;
  return (
    <Form of={form} role="status" className={cn("rounded-md border px-3 py-2.5", w.status === "disabled" ? "border-bad/30 bg-bad-soft" : "border-warn/30 bg-warn-soft")}>
      <p className={cn("font-medium", w.status === "disabled" ? "text-bad" : "text-warn")}>{w.status === "disabled" ? "Nothing is sent to this webhook any more" : "The receiver is left alone for a while"}</p>
      <p className="mt-1">
        {w.disabled_reason === "gone" && "It answered 410, which says that it is gone. "}
        {w.disabled_reason === "failing" && "Nothing arrived for five days. "}
        {w.failing_since && (
          <>
            It has been failing since <Time at={w.failing_since} />.{" "}
          </>
        )}
        {w.status === "paused" && w.paused_until && (
          <>
            One delivery tries again <Time at={w.paused_until} />; when it arrives, all that waited follow.{" "}
          </>
        )}
        No delivery is lost or used up meanwhile.
      </p>
      <div className="mt-2.5 flex flex-wrap items-center gap-3">
        <Button type="submit" size="sm" busy={busy}>
          It works again: send now
        </Button>
        <FormError error={error} />
      </div>
    </Form>
  );
}
