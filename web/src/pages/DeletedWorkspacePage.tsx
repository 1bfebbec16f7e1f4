import { useQuery } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { deletionQuery, takeWorkspaceBack, type Deletion } from "@/api/workspaces";
import type { Session } from "@/api/session";
import { Async } from "@/components/Async";
import { Left } from "@/components/Left";
import { PageHead } from "@/components/PageHead";
import { PlainFrame } from "@/components/PlainFrame";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { WorkspaceSwitcher } from "@/components/workspace/WorkspaceSwitcher";
import { useSession } from "@/lib/hooks";
import { startOver } from "@/lib/startOver";

/** A workspace that is to be deleted: until when it can be taken back, and then how far it is. */
export function DeletedWorkspacePage() {
  const session = useSession();
  const gone = (e: unknown) => e instanceof ApiError && (e.status === 409 || e.status === 401);
  const deletion = useQuery({ ...deletionQuery, retry: false, refetchInterval: (q) => (gone(q.state.error) ? false : 5_000) });
  return (
    <PlainFrame>
      <PageHead title="This workspace is going to be deleted" text={session.workspace.name} />
      {gone(deletion.error) ? (
        <Card>
          <p role="status">{session.workspace.name} is not to be deleted any more, or is gone.</p>
          <Button variant="primary" className="mt-3" onClick={startOver}>
            Back to the console
          </Button>
        </Card>
      ) : (
        <Async query={deletion}>{(d) => (Date.parse(d.deletes_at) > Date.now() ? <Waiting session={session} deletion={d} /> : <Going deletion={d} />)}</Async>
      )}
      <div className="mt-5">
        <WorkspaceSwitcher session={session} text="Go to another workspace" />
      </div>
    </PlainFrame>
  );
}

function Waiting({ session, deletion: d }: { session: Session; deletion: Deletion }) {
  const owner = session.member.role === "owner";
  const { busy, error, form } = useSubmit(async () => {
    await takeWorkspaceBack();
    startOver();
  });
  return (
    <Card title="Nothing runs in it">
      <p className="[overflow-wrap:anywhere]">
        {d.asked_by} asked for it <Time at={d.asked_at} />. It goes <Time at={d.deletes_at} />, with {count(d.projects, "project")} and {count(d.users, "user", d.most)}.
      </p>
      <p className="mt-2 text-muted">Until then its API clients are refused, and what comes in for its workflows and triggers is asked to come again. Runs, deliveries and schedules wait where they stand.</p>
      {owner ? (
        <Form of={form} className="mt-3 space-y-3">
          <FormError error={error} />
          <Button type="submit" variant="primary" busy={busy}>
            Take the workspace back
          </Button>
        </Form>
      ) : (
        <p className="mt-2">Any owner can take it back until then. You are {session.member.role}.</p>
      )}
    </Card>
  );
}

function Going({ deletion: d }: { deletion: Deletion }) {
  return (
    <Card title={`What is left of ${d.name}`} text="The time to take it back is over. You may leave this page: it goes on by itself." flush>
      <ul className="divide-y divide-line">
        <Left name="Projects" count={d.projects} most={d.most} />
        <Left name="Triggers, taken down at their apps" count={d.triggers} most={d.most} />
        <Left name="Users with their connected accounts" count={d.users} most={d.most} />
        <Left name="What users granted, revoked at their apps" count={d.grants} most={d.most} />
      </ul>
    </Card>
  );
}

const count = (n: number, word: string, most = Infinity) => `${n.toLocaleString("en")}${n >= most ? " or more" : ""} ${word}${n === 1 ? "" : "s"}`;
