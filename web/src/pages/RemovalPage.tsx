import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { own } from "@/api/account";
import { ApiError } from "@/api/client";
import { Async } from "@/components/Async";
import { Left } from "@/components/Left";
import { PageHead } from "@/components/PageHead";
import { PlainFrame } from "@/components/PlainFrame";
import { Time } from "@/components/Time";
import { buttonStyle } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useParam } from "@/lib/hooks";
import { routes } from "@/paths";

/** What is left of a project that was deleted. No count goes beyond `most`. */
interface Rest {
  name: string;
  deleted_at: string;
  triggers: number;
  users: number;
  grants: number;
  most: number;
}

/** How far the removal of a project is, until nothing of it is left. */
export function RemovalPage() {
  const id = useParam("projectId");
  const gone = (e: unknown) => e instanceof ApiError && e.status === 404;
  const left = useQuery({
    queryKey: ["removal", id],
    queryFn: () => own<Rest>("GET", `removals/${encodeURIComponent(id)}`),
    retry: false,
    refetchInterval: (q) => (gone(q.state.error) ? false : 2_000),
  });
  const name = useRef<string>(undefined);
  if (left.data) name.current = left.data.name;
  const over = gone(left.error);
  return (
    <PlainFrame>
      <PageHead title={over ? "The project is gone" : "The project is being deleted"} text={name.current} />
      {over ? (
        <Card>
          <p role="status">Nothing is left of {name.current ?? "it"}.</p>
        </Card>
      ) : (
        <Async query={left}>
          {(l) => (
            <Card title={`What is left of ${l.name}`} text="Nobody reaches it any more. You may leave this page: it goes on by itself." flush>
              <ul className="divide-y divide-line">
                <Left name="Triggers, taken down at their apps" count={l.triggers} most={l.most} />
                <Left name="Users with their connected accounts" count={l.users} most={l.most} />
                <Left name="What users granted, revoked at their apps" count={l.grants} most={l.most} />
              </ul>
              <p className="border-t border-line px-4 py-3 text-[0.8125rem] text-muted">
                Deleted <Time at={l.deleted_at} />. An app that does not answer is asked again for a day; then the rest goes all the same.
              </p>
            </Card>
          )}
        </Async>
      )}
      <Link to={routes.home} className={buttonStyle({ variant: over ? "primary" : "secondary", className: "mt-4" })}>
        Back to the console
      </Link>
    </PlainFrame>
  );
}
