import type { ReactNode } from "react";
import type { Attempt } from "@/api/types";
import { duration } from "@/lib/time";
import { AnswerBadge } from "./Status";
import { Time } from "./Time";
import { Facts } from "./ui/card";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";

/** One attempt in full: when it was made, and what came back. */
export function AttemptDrawer({ attempt: a, trigger }: { attempt: Attempt; trigger: ReactNode }) {
  return (
    <Dialog>
      <DialogTrigger asChild>{trigger}</DialogTrigger>
      <DialogContent title={`Attempt ${a.number}`} className="left-auto right-0 top-0 h-dvh max-h-dvh max-w-lg translate-x-0 translate-y-0 rounded-none">
        <div className="space-y-5">
          <Facts
            facts={[
              ["Answer", <AnswerBadge key="a" status={a.status} error={a.error} />],
              ["Class", a.error ? a.error.replaceAll("_", " ") : "arrived"],
              ["Started", <Time key="s" at={a.started_at} />],
              ["Took", duration(a.duration_ms)],
            ]}
          />
          <section>
            <h3 className="mb-1 font-semibold">Answer</h3>
            {a.response_excerpt ? (
              <pre tabIndex={0} className="max-h-96 overflow-auto whitespace-pre-wrap break-all rounded-md bg-sunken p-3 text-xs">{a.response_excerpt}</pre>
            ) : (
              <p className="text-muted">{a.status === null ? "Nothing came back." : "It had no body."}</p>
            )}
          </section>
        </div>
      </DialogContent>
    </Dialog>
  );
}
