import type { AppFacts } from "@/api/types";
import { Badge } from "./ui/badge";
import { Card, Facts } from "./ui/card";

const day = (iso: string) => new Date(`${iso}T00:00:00Z`).toLocaleDateString("en", { dateStyle: "long", timeZone: "UTC" });

/** How users sign in, in each of the ways that the app's file knows. */
export function AppMethods({ facts }: { facts: AppFacts }) {
  return (
    <Card title="Ways to sign in" flush>
      <ul className="divide-y divide-line">
        {facts.auth.map((m) => (
          <li key={m.id} className="px-4 py-2.5">
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <span className="font-medium">{m.title}</span>
              <code className="text-[0.8125rem] text-muted">{m.id}</code>
              <Badge className="rounded font-normal">{m.type}</Badge>
              {!m.offered && <Badge tone="warn">not offered yet</Badge>}
            </div>
            <p className="mt-0.5 text-muted">
              {[m.pkce && `PKCE: ${m.pkce}`, m.refresh && `Refresh: ${m.refresh}`, m.fields.length > 0 && `Asks for ${m.fields.join(", ")}`].filter(Boolean).join(" · ")}
            </p>
            {m.scopes.length > 0 && (
              <details className="mt-1">
                <summary className="cursor-pointer text-accent">
                  {m.scopes.length} {m.scopes.length === 1 ? "scope" : "scopes"}
                </summary>
                <ul className="mt-1 space-y-1">
                  {m.scopes.map((s) => (
                    <li key={s.name} className="break-words">
                      <code className="break-all text-[0.8125rem]">{s.name}</code>
                      {s.requested && <Badge className="ml-1.5 rounded font-normal">asked for</Badge>}
                      {s.means && <span className="block text-muted">{s.means}</span>}
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Where the facts come from, and when somebody last looked. */
export function AppSources({ facts }: { facts: AppFacts }) {
  const hosts = facts.hosts.map((h) => (
    <li key={h}>
      <code className="break-all text-[0.8125rem]">{h}</code>
    </li>
  ));
  return (
    <Card title="Where calls go, and how we know" text={facts.checked ? `Facts compared with the provider's documentation on ${day(facts.checked)}.` : "Facts not compared with the provider's documentation yet."}>
      <Facts
        facts={[
          ["Hosts", <ul key="h">{hosts}</ul>],
          ...(facts.limits.length > 0 ? [["Limits", facts.limits.map((l) => `${l.rate} for each ${l.scope || "connection"}`).join(", ")] as [string, string]] : []),
          [
            "Sources",
            <ul key="s" className="space-y-0.5">
              {facts.sources.map((s) => (
                <li key={s.url + s.about} className="break-words">
                  <a href={s.url} target="_blank" rel="noreferrer" className="text-accent underline-offset-4 hover:underline">
                    {s.about}
                  </a>
                  {s.checked && s.checked !== facts.checked && <span className="text-muted"> (compared on {day(s.checked)})</span>}
                </li>
              ))}
            </ul>,
          ],
        ]}
      />
    </Card>
  );
}
