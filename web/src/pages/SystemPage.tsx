import { useQuery } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { getSystem, type System } from "@/api/session";
import { AboutCard } from "@/components/AboutCard";
import { Async, SkeletonCard } from "@/components/Async";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge, type Tone } from "@/components/ui/badge";
import { Card, Facts } from "@/components/ui/card";
import { Table, Td, Th } from "@/components/ui/table";

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
              <Card title="Version">
                <Facts
                  facts={[
                    ["Patchbay", s.version],
                    ["Built with", s.go],
                    ["This process began", <Time key="b" at={s.started_at} />],
                  ]}
                />
              </Card>
              <Card title="Health" text={<>As <code>patchbay doctor</code> finds it, looked at <Time at={s.checked_at} />. The doctor at a terminal looks at more: addresses, e-mail, what is stored.</>} flush>
                <div tabIndex={0} role="group" aria-label="What the doctor found" className="overflow-x-auto">
                  <Table aria-label="Health">
                    <thead>
                      <tr className="border-b border-line">
                        <Th>Check</Th>
                        <Th>State</Th>
                        <Th>What was found</Th>
                      </tr>
                    </thead>
                    <tbody className="divide-y divide-line">
                      {s.checks.map((c, i) => (
                        <tr key={i}>
                          <Td className="whitespace-nowrap font-medium">{c.name}</Td>
                          <Td>
                            <Badge tone={tones[c.state][0]}>{tones[c.state][1]}</Badge>
                          </Td>
                          <Td className="min-w-48 break-words">
                            {c.says}
                            {c.remedy && <span className="block text-[0.8125rem] text-muted">{c.remedy}</span>}
                          </Td>
                        </tr>
                      ))}
                    </tbody>
                  </Table>
                </div>
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
