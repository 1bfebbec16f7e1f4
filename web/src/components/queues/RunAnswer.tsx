import { useQuery } from "@tanstack/react-query";
import { suspensionsQuery } from "@/api/queues";
import type { RunDetail } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Time } from "../Time";
import { Card } from "../ui/card";
import { live } from "../Status";
import { AnswerForm } from "./AnswerForm";

/** What a run waits to be told, where it is looked at. */
export function RunAnswer({ detail: { run: r, steps } }: { detail: RunDetail }) {
  const scope = useScope();
  const waits = live(r) && steps.some((s) => s.type === "suspend" && s.status !== "succeeded");
  const all = useQuery({ ...suspensionsQuery(scope, r.workflow_id), enabled: waits });
  const here = waits ? (all.data ?? []).filter((s) => s.run_id === r.id) : [];
  return here.map((s) => (
    <Card key={s.path} title={s.form?.title || "Somebody is waited for"} actions={<code className="text-xs text-muted">{s.path}</code>}>
      <div className="space-y-4">
        {s.form?.text && <p className="break-words whitespace-pre-line">{s.form.text}</p>}
        <p className="text-[0.8125rem] text-muted">
          Asked <Time at={s.since} />
          {s.until && (
            <>
              ; its time ends <Time at={s.until} />
            </>
          )}
          .
        </p>
        <AnswerForm suspension={s} />
      </div>
    </Card>
  ));
}
