import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queueQuery, releaseQueue } from "@/api/queues";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Async, SkeletonRows } from "../Async";
import { Confirm } from "../Confirm";
import { Rows } from "../ListTable";
import { Time } from "../Time";
import { Button } from "../ui/button";

/** What waits of a workflow by the key that its queue goes by, and which run holds up those behind it. */
export function QueueKeys({ workflowId, after }: { workflowId: string; after: () => void }) {
  const scope = useScope();
  const queue = useQuery(queueQuery(scope, workflowId));
  return (
    <div className="mt-3 rounded-md border border-line">
      <Async query={queue} skeleton={<SkeletonRows rows={2} />}>
        {(d) =>
          d.keys.length === 0 ? (
            <p className="px-4 py-3 text-[0.8125rem] text-muted">It has no keys: its settings have no concurrency per key and no order, or nothing waits.</p>
          ) : (
            <Rows
              label="Keys"
              rows={d.keys}
              rowKey={(k) => k.key}
              columns={[
                { head: "Key", cell: (k) => <code className="break-all text-[0.8125rem]">{k.key || "(none)"}</code> },
                { head: "Waiting", cell: (k) => k.waiting, className: "tabular-nums" },
                { head: "Under way", cell: (k) => k.running, className: "tabular-nums", from: "sm" },
                { head: "Oldest", cell: (k) => <Time row at={k.oldest_at} />, from: "sm" },
                {
                  head: "Held up by",
                  cell: (k) =>
                    k.blocked_by ? (
                      <span className="flex flex-wrap items-center gap-2">
                        <Link {...(paths.run(scope, k.blocked_by) as { to: string })} className="text-accent hover:underline underline-offset-4">
                          <code className="text-[0.8125rem]">{`…${k.blocked_by.slice(-8)}`}</code>
                        </Link>
                        <Confirm
                          trigger={
                            <Button size="sm" aria-label={`Let ${k.key} go on`}>
                              Let go on
                            </Button>
                          }
                          title="Go on behind the run that failed?"
                          text={`The runs of the key ${k.key} behind it begin, though it was not done. It stays failed.`}
                          action="Let them go on"
                          done="They go on"
                          act={() => releaseQueue(scope, workflowId, k.key)}
                          after={after}
                        />
                      </span>
                    ) : (
                      <span className="text-muted">—</span>
                    ),
                },
              ]}
            />
          )
        }
      </Async>
    </div>
  );
}
