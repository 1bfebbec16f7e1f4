import type { ConnectFunnel } from "@/api/types";
import { bars, leak, percent } from "@/lib/sessions";
import { Card } from "./ui/card";

const row = 34;
const label = 168;
const number = 118;
const width = 720;

/** How far sessions came, as bars that get shorter. The list behind the drawing says the same in words. */
export function SessionFunnel({ funnel, byCode }: { funnel: ConnectFunnel; byCode: (code: string) => void }) {
  const all = bars(funnel.total);
  const worst = leak(all);
  const room = width - label - number;
  const t = funnel.total;
  return (
    <Card title="How far they came" className="mb-4">
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_15rem]">
        <figure className="min-w-0 overflow-x-auto">
          <svg viewBox={`0 0 ${width} ${all.length * row}`} role="img" aria-labelledby="funnel-title" className="block w-full min-w-[34rem] text-[13px]">
            <title id="funnel-title">{all.map((b) => `${b.label}: ${b.count}`).join(", ")}</title>
            {all.map((b, i) => {
              const y = i * row;
              const next = all[i + 1];
              const w = Math.max(b.share * room, b.count > 0 ? 3 : 0);
              return (
                <g key={b.stage}>
                  <text x={label - 12} y={y + 18} textAnchor="end" className="fill-(--muted)">{b.label}</text>
                  <rect x={label} y={y + 2} width={room} height={22} rx={4} className="fill-(--sunken)" />
                  <rect x={label} y={y + 2} width={w} height={22} rx={4} className={b.stage === "succeeded" ? "fill-(--good)" : "fill-(--fill)"} opacity={b.stage === "succeeded" ? 1 : 0.9 - i * 0.05} />
                  {next && <path d={`M${label},${y + 24} h${w} L${label + Math.max(next.share * room, next.count > 0 ? 3 : 0)},${y + row + 2} H${label} Z`} className="fill-(--accent-soft)" />}
                  <text x={label + room + 10} y={y + 18} className="fill-(--text) font-medium">{b.count}</text>
                  <text x={width} y={y + 18} textAnchor="end" className={b === worst ? "fill-(--bad)" : "fill-(--muted)"}>
                    {b.lost > 0 ? `−${b.lost}` : i === 0 ? "" : percent(b.share)}
                  </text>
                </g>
              );
            })}
          </svg>
          <figcaption className="mt-1 text-[0.8125rem] text-muted">
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
