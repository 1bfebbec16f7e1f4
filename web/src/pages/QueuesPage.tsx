import { useQuery } from "@tanstack/react-query";
import { Hourglass, ListOrdered } from "lucide-react";
import { queuesQuery, suspensionsQuery } from "@/api/queues";
import { Async, SkeletonRows } from "@/components/Async";
import { Empty } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { QueueList } from "@/components/queues/QueueList";
import { SuspensionList } from "@/components/queues/Suspensions";
import { Card } from "@/components/ui/card";
import { useScope } from "@/lib/hooks";

/** What waits: runs that have not begun, and steps that wait for somebody. */
export function QueuesPage() {
  const scope = useScope();
  const queues = useQuery(queuesQuery(scope));
  const suspensions = useQuery(suspensionsQuery(scope));
  return (
    <>
      <PageHead title="Queues" text="What waits to begin, and what waits for somebody. Whatever is paused here is kept." />
      <div className="space-y-4">
        <Card flush title="By workflow">
          <Async query={queues} skeleton={<SkeletonRows rows={3} />}>
            {(all) =>
              all.length === 0 ? (
                <Empty icon={ListOrdered} title="Nothing waits">
                  A workflow whose settings say how many runs are under way at once, in which order or how fast, has a queue. What waits there is seen here, and can be paused, drained and cancelled.
                </Empty>
              ) : (
                <QueueList queues={all} />
              )
            }
          </Async>
        </Card>
        <Card flush title="Waiting for somebody">
          <Async query={suspensions} skeleton={<SkeletonRows rows={2} />}>
            {(all) =>
              all.length === 0 ? (
                <Empty icon={Hourglass} title="Nobody is waited for">
                  A step that waits for a person gives a link, and its run costs nothing until somebody opens it. Such steps are listed here while they wait, to be answered by hand.
                </Empty>
              ) : (
                <SuspensionList suspensions={all} />
              )
            }
          </Async>
        </Card>
      </div>
    </>
  );
}
