import type { ReactNode } from "react";
import { Json } from "@/components/Json";
import { AnswerBadge } from "@/components/Status";
import { Facts } from "@/components/ui/card";
import { duration } from "@/lib/time";

interface Props {
  outcome: { delivered: boolean; status: number | null; error: string | null; duration_ms: number; response_excerpt: string; remote_address?: string | null };
  children: ReactNode; // what was sent
}

/** What came of a test that was sent to a receiver. */
export function TestOutcome({ outcome, children }: Props) {
  return (
    <div role="status" className="mt-4 space-y-3">
      <Facts
        facts={[
          ["Outcome", <span key="o" className={outcome.delivered ? "text-good" : "text-bad"}>{outcome.delivered ? "It arrived" : "It did not arrive"}</span>],
          ["Answer", <AnswerBadge key="a" status={outcome.status} error={outcome.error} />],
          ["Took", duration(outcome.duration_ms)],
          ...(outcome.remote_address === undefined ? [] : [["Reached", outcome.remote_address ?? "no address"] as [string, ReactNode]]),
        ]}
      />
      {outcome.response_excerpt && <Json value={outcome.response_excerpt} what="the answer" />}
      {children}
    </div>
  );
}
