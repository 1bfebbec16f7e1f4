import type { ReactNode } from "react";
import type { Intake } from "./IntakeForm";
import { Time } from "./Time";
import { Facts } from "./ui/card";

/** What came in at an address, and what became of it. */
export function IntakeCounts({ counts: c }: { counts: Intake["counts"] }) {
  const facts: [string, ReactNode][] = [
    ["Requests", c.received.toLocaleString()],
    ["Events taken", c.accepted.toLocaleString()],
    ["Sent before", c.duplicate.toLocaleString()],
    ["Dropped by the condition", c.filtered.toLocaleString()],
    ["Told to wait", c.refused.toLocaleString()],
    ["False signatures", c.rejected ? <span key="r" className="text-bad">{c.rejected.toLocaleString()}, the last <Time at={c.last_rejected_at} /></span> : "0"],
  ];
  if (c.invalid) facts.push(["Items that were wrong", c.invalid.toLocaleString()]);
  return <Facts facts={facts} />;
}
