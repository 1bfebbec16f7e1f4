import { useQuery } from "@tanstack/react-query";
import { dueQuery } from "@/api/queues";
import type { Node } from "@/lib/flow/tree";
import { useScope, useSettled } from "@/lib/hooks";
import { DueTimes } from "../queues/DueTimes";

const text = (v: unknown) => (typeof v === "string" && v.trim() !== "" ? v.trim() : undefined);

/** When the schedule that is being written would be due. */
export function SchedulePreview({ trigger: t }: { trigger: Node }) {
  const { projectId } = useScope();
  const cron = text(t.cron);
  const every = text(t.every);
  const settled = useSettled(JSON.stringify({ ...(cron && { cron, time_zone: text(t.time_zone) }), ...(every && { every }) }), 400);
  const due = useQuery({ ...dueQuery(projectId, JSON.parse(settled) as { cron?: string }), enabled: settled !== "{}", placeholderData: (old) => old });
  if (settled === "{}") return null;
  return (
    <section className="space-y-1">
      <h3 className="font-medium">Due next</h3>
      {due.error ? <p className="text-[0.8125rem] text-bad">{due.error.message}</p> : due.data && <DueTimes times={due.data} />}
    </section>
  );
}
