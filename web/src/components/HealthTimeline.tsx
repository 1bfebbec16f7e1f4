import { CircleCheck, CircleX, Clock, RotateCw, TriangleAlert } from "lucide-react";
import type { AccountHealth } from "@/api/types";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { timeline, type Moment } from "@/lib/health";
import { Time } from "./Time";

const icons = { good: CircleCheck, warn: TriangleAlert, bad: CircleX, neutral: RotateCw };
const colours = { good: "text-good", warn: "text-warn", bad: "text-bad", neutral: "text-muted" };

/** What is planned and what happened, newest first, down one line. Each moment says itself in words; the icon repeats it. */
export function HealthTimeline({ health }: { health: AccountHealth }) {
  const moments = timeline(health);
  return (
    <ol aria-label="What happened to this account" className="relative space-y-3 before:absolute before:bottom-3 before:left-[0.6875rem] before:top-3 before:w-px before:bg-line">
      {health.next_refresh_at && (
        <Row icon={<Clock className="size-4 text-muted" aria-hidden />}>
          <span className="text-muted">
            Next refresh <Time at={health.next_refresh_at} />
          </span>
        </Row>
      )}
      {moments.map((m, i) => (
        <Row key={`${m.at} ${m.title} ${i}`} icon={<Dot moment={m} />}>
          <Told moment={m} />
        </Row>
      ))}
      {moments.length === 0 && (
        <Row icon={<CircleCheck className="size-4 text-good" aria-hidden />}>
          <span className="text-muted">Nothing has gone wrong, and nothing was refreshed yet.</span>
        </Row>
      )}
    </ol>
  );
}

function Dot({ moment }: { moment: Moment }) {
  const Icon = icons[moment.kind];
  return <Icon className={cn("size-4", colours[moment.kind])} aria-hidden />;
}

function Row({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <li className="relative flex gap-3">
      <span className="flex h-6 w-6 shrink-0 items-center justify-center bg-surface">{icon}</span>
      <div className="min-w-0 grow pt-0.5">{children}</div>
    </li>
  );
}

function Told({ moment: m }: { moment: Moment }) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4">
      <div className="min-w-0">
        <p className={cn(m.kind !== "neutral" && "font-medium", m.kind !== "good" && colours[m.kind])}>{m.title}</p>
        {m.text && <p className="text-[0.8125rem] text-muted">{m.text}</p>}
        {m.answer && <p className="font-mono text-xs break-words text-muted">{m.answer}</p>}
      </div>
      <p className="text-[0.8125rem] text-muted">
        {m.from && Date.parse(m.at) - Date.parse(m.from) > 90_000 && (
          <>
            <Time at={m.from} row /> to{" "}
          </>
        )}
        <Time at={m.at} row />
      </p>
    </div>
  );
}
