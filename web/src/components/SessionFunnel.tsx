import type { ConnectFunnel } from "@/api/types";
import { cn } from "@/lib/cn";
import { bars, leak, percent } from "@/lib/sessions";
import { Card } from "./ui/card";

/** How far sessions came, as bars that get shorter. */
export function SessionFunnel({ funnel, byCode }: { funnel: ConnectFunnel; byCode: (code: string) => void }) {
  const all = bars(funnel.total);
  const worst = leak(all);
  const t = funnel.total;
  return (
    <Card title="How far they came" className="mb-4">
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_15rem]">
        <figure className="min-w-0">
          <ol className="space-y-1.5 text-[0.8125rem]">
            {all.map((b, i) => (
              <li key={b.stage} className="grid grid-cols-[7.5rem_minmax(2rem,1fr)_auto_2.75rem] items-center gap-2 sm:grid-cols-[9.5rem_minmax(2rem,1fr)_auto_3.25rem] sm:gap-3">
                <span className="text-muted sm:text-right">{b.label}</span>
                <span aria-hidden className="h-5 rounded bg-sunken">
                  <span className={cn("block h-full rounded", b.stage === "succeeded" ? "bg-good" : "bg-fill", b.count > 0 && "min-w-0.5")} style={{ width: `${b.share * 100}%`, opacity: b.stage === "succeeded" ? 1 : 0.92 - i * 0.06 }} />
                </span>
                <span className="min-w-6 text-right font-medium tabular-nums">{b.count}</span>
                <span className={cn("text-right tabular-nums", b === worst ? "text-bad" : "text-muted")}>{b.lost > 0 ? `−${b.lost}` : i === 0 ? "" : percent(b.share)}</span>
              </li>
            ))}
          </ol>
          <figcaption className="mt-3 text-[0.8125rem] text-muted">
            {percent(t.opened === 0 ? 0 : t.succeeded / t.opened)} of {t.opened} connected.
            {worst && ` Most were lost before “${worst.label}”: ${worst.lost}.`}
          </figcaption>
        </figure>
        <div>
          <h3 className="font-medium">How the others ended</h3>
          <dl className="mt-1 grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-muted">
            {([["Failed", t.failed], ["Cancelled", t.cancelled], ["Abandoned", t.abandoned]] as const).map(([name, n]) => (
              <div key={name} className="contents">
                <dt>{name}</dt>
                <dd className="text-right tabular-nums text-text">{n}</dd>
              </div>
            ))}
          </dl>
          {funnel.codes.length > 0 && (
            <>
              <h3 className="mt-4 font-medium">Why they failed</h3>
              <ul className="mt-1 space-y-1">
                {funnel.codes.slice(0, 6).map((c) => (
                  <li key={c.code} className="flex justify-between gap-3">
                    <button type="button" onClick={() => byCode(c.code)} className="truncate font-mono text-[0.8125rem] text-accent hover:underline underline-offset-4">
                      {c.code}
                    </button>
                    <span className="tabular-nums">{c.count}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
      </div>
    </Card>
  );
}
