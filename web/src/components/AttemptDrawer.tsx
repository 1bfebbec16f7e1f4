import type { ReactNode } from "react";
import type { Attempt } from "@/api/types";
import { classNames } from "@/lib/deliveries";
import { duration } from "@/lib/time";
import { AnswerBadge } from "./Status";
import { Time } from "./Time";
import { Facts } from "./ui/card";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";

/** One attempt in full: what was sent and to whom, and what came back. */
export function AttemptDrawer({ attempt: a, trigger }: { attempt: Attempt; trigger: ReactNode }) {
  return (
    <Dialog>
      <DialogTrigger asChild>{trigger}</DialogTrigger>
      <DialogContent title={`Attempt ${a.number}`} className="left-auto right-0 top-0 h-dvh max-h-dvh max-w-lg translate-x-0 translate-y-0 rounded-none">
        <div className="space-y-5">
          <Facts
            facts={[
              ["Answer", <AnswerBadge key="a" status={a.status} error={a.error} />],
              ["Failure", a.error ? (classNames[a.error] ?? a.error) : "none: it arrived"],
              ["Started", <Time key="s" at={a.started_at} />],
              ["Took", duration(a.duration_ms)],
              ["Answered by", a.remote_address ? <code key="r" className="break-all text-[0.8125rem]">{a.remote_address}</code> : <span key="r" className="text-muted">no address was reached</span>],
            ]}
          />
          <Headers title="Headers sent" of={a.request_headers} none="None were recorded." hint="What is secret is masked." />
          <section>
            <h3 className="mb-1 font-semibold">Answer</h3>
            {a.response_excerpt ? (
              <pre tabIndex={0} className="max-h-96 overflow-auto whitespace-pre-wrap break-all rounded-md bg-sunken p-3 text-xs">{a.response_excerpt}</pre>
            ) : (
              <p className="text-muted">{a.status === null ? "Nothing came back." : "It had no body."}</p>
            )}
          </section>
          {a.status !== null && <Headers title="Headers of the answer" of={a.response_headers} none="It had none." />}
        </div>
      </DialogContent>
    </Dialog>
  );
}

function Headers({ title, of, none, hint }: { title: string; of: Attempt["request_headers"]; none: string; hint?: string }) {
  const names = Object.keys(of).sort();
  return (
    <section>
      <h3 className="font-semibold">{title}</h3>
      {names.length === 0 ? (
        <p className="text-muted">{none}</p>
      ) : (
        <>
          {hint && <p className="text-muted">{hint}</p>}
          <dl className="mt-1 space-y-1.5 rounded-md bg-sunken p-3 font-mono text-xs">
            {names.map((name) => (
              <div key={name}>
                <dt className="text-muted">{name}</dt>
                <dd className="break-all">{of[name]}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
