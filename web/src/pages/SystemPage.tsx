import { useQuery } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { getSystem, type System } from "@/api/session";
import { AboutCard } from "@/components/AboutCard";
import { Async, SkeletonCard } from "@/components/Async";
import { PageHead } from "@/components/PageHead";
import { KeysCard } from "@/components/system/KeysCard";
import { WorkCard } from "@/components/system/WorkCard";
import { WorkersCard } from "@/components/system/WorkersCard";
import { Time } from "@/components/Time";
import { Badge, type Tone } from "@/components/ui/badge";
import { Card, Facts } from "@/components/ui/card";

const tones: Record<System["checks"][number]["state"], [Tone, string]> = { ok: ["good", "Well"], warn: ["warn", "Look at it"], fail: ["bad", "Failed"] };

/** How the installation is, for those who run it. */
export function SystemPage() {
  const system = useQuery({ queryKey: ["system"], queryFn: getSystem, staleTime: 60_000, retry: (n, e) => n < 1 && !(e instanceof ApiError && e.status === 403) });
  return (
    <>
      <PageHead title="System" text="How this installation is. It belongs to everybody who works on it, so that nothing here is of a project." />
      <div className="space-y-4">
        <Async query={system} skeleton={<SkeletonCard />}>
          {(s) => (
            <>
              <WorkCard system={s} />
              <WorkersCard system={s} />
              <KeysCard keys={s.keys} />
              <Card title="Health" text={<>As <code>patchbay doctor</code> finds it, looked at <Time at={s.checked_at} />. The doctor at a terminal looks at more: addresses, e-mail, what is stored.</>} flush>
                <ul aria-label="Health" className="divide-y divide-line">
                  {s.checks.map((c, i) => (
                    <li key={i} className="grid gap-x-6 gap-y-1 px-4 py-2.5 sm:grid-cols-[15rem_1fr]">
                      <span className="flex items-center justify-between gap-2 sm:justify-start">
                        <span className="font-medium capitalize sm:order-2">{c.name}</span>
                        <span className="sm:w-24">
                          <Badge tone={tones[c.state][0]}>{tones[c.state][1]}</Badge>
                        </span>
                      </span>
                      <span className="min-w-0 break-words">
                        {c.says}
                        {c.remedy && <span className="block text-[0.8125rem] text-muted">{c.remedy}</span>}
                      </span>
                    </li>
                  ))}
                </ul>
              </Card>
              <Card title="Version">
                <Facts
                  facts={[
                    ["Patchbay", s.version],
                    ["Built with", s.go],
                    ["This process began", <Time key="b" at={s.started_at} />],
                  ]}
                />
              </Card>
            </>
          )}
        </Async>
        <AboutCard />
        {system.data && (
          <Card title="Built in" text="The Go libraries of this binary. Each comes with a licence of its own, which its source holds.">
            <details>
              <summary className="w-fit cursor-pointer text-accent hover:underline underline-offset-4">{system.data.libraries.length} libraries</summary>
              <ul className="mt-2 columns-1 gap-x-8 text-[0.8125rem] md:columns-2">
                {system.data.libraries.map((l) => (
                  <li key={l.path} className="break-inside-avoid py-0.5 break-all">
                    {l.path} <span className="text-muted">{l.version}</span>
                  </li>
                ))}
              </ul>
            </details>
          </Card>
        )}
      </div>
    </>
  );
}
