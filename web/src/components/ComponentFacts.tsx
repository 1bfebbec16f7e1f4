import { Link } from "@tanstack/react-router";
import type { App, Component } from "@/api/types";
import { askedProps, effectText, typeWord } from "@/lib/components";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { AppName } from "./AppIcon";
import { EffectBadge } from "./ComponentBadges";
import { Id } from "./Copy";
import { Json } from "./Json";
import { Badge } from "./ui/badge";
import { Card, Facts } from "./ui/card";

/** What somebody wants to know of an action or a trigger before using it. */
export function ComponentFacts({ component: c, app }: { component: Component; app: App | undefined }) {
  const scope = useScope();
  return (
    <Card title="About">
      <Facts
        facts={[
          [
            "Effect",
            <span key="e" className="block space-y-1">
              <EffectBadge component={c} />
              <span className="block">{effectText(c, app?.name ?? "the app")}</span>
            </span>,
          ],
          [
            "App",
            c.app ? (
              <Link key="a" {...(paths.app(scope, c.app) as { to: string })} className="hover:underline underline-offset-4">
                {app ? <AppName app={app} /> : c.app}
              </Link>
            ) : (
              "It needs none."
            ),
          ],
          ["Key", <Id key="k" id={c.key} what="key" />],
          ["Version", c.version],
          ...(c.scopes && c.scopes.length > 0
            ? ([
                [
                  "Scopes",
                  <ul key="s" className="flex flex-wrap gap-1">
                    {c.scopes.map((s) => (
                      <li key={s} className="min-w-0">
                        <Badge className="h-auto min-h-5 rounded whitespace-normal break-all font-mono font-normal">{s}</Badge>
                      </li>
                    ))}
                  </ul>,
                ],
              ] as [string, React.ReactNode][])
            : []),
        ]}
      />
    </Card>
  );
}

/** What it asks for. */
export function ComponentPropList({ component: c, app }: { component: Component; app: App | undefined }) {
  const props = askedProps(c);
  return (
    <Card title="What it asks for" flush={props.length > 0}>
      {props.length === 0 ? (
        <p className="text-muted">Nothing.</p>
      ) : (
        <ul className="divide-y divide-line">
          {props.map((p) => (
            <li key={p.name} className="px-4 py-2.5">
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium">{text(p.label) || (p.type === "app" && app ? `${app.name} account` : p.name)}</span>
                <code className="text-[0.8125rem] break-all text-muted">{p.name}</code>
                <Badge className="rounded font-normal">{typeWord(p.type)}</Badge>
                {p.optional === true && <Badge className="rounded font-normal">optional</Badge>}
                {p.secret === true && <Badge className="rounded font-normal">secret</Badge>}
                {p.reloadProps === true && (
                  <Badge tone="info" className="rounded font-normal">
                    leads to more
                  </Badge>
                )}
              </div>
              {text(p.description) && <p className="mt-0.5 break-words text-muted">{text(p.description)}</p>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

const text = (v: unknown) => (typeof v === "string" ? v : "");

/** What an event may look like. */
export function SampleEvent({ component: c }: { component: Component }) {
  if (!c.sample_event) return null;
  return (
    <Card title="Sample event" text="What it emits looks like this.">
      <Json value={c.sample_event} what="the sample event" />
    </Card>
  );
}
