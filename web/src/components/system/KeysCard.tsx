import type { SystemKeys } from "@/api/session";
import { Code } from "@/components/Copy";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Card, Facts } from "@/components/ui/card";
import { cn } from "@/lib/cn";

/** What everything secret is sealed under, and how far a rotation is. */
export function KeysCard({ keys: k }: { keys: SystemKeys | null }) {
  if (!k) return <Card title="Keys" text="There are no keys yet, or the database does not answer: the first start of the server makes them." />;
  const done = k.secrets - k.to_go;
  const part = k.secrets === 0 ? 100 : (done / k.secrets) * 100;
  const count = (n: number) => `${n.toLocaleString("en")} ${n === 1 ? "secret" : "secrets"}`;
  const rotation = k.rotating || k.to_go > 0;
  return (
    <Card
      title="Keys"
      actions={<Badge tone={rotation ? "warn" : "good"}>{rotation ? "A rotation is not over" : "All under one key"}</Badge>}
      text="Credentials and other secrets are sealed under a data key, and data keys under the master key, which is not in the database."
    >
      <div className="space-y-4">
        <div>
          <div role="img" aria-label={`${done} of ${k.secrets} secrets are sealed under the active key`} className="h-3 overflow-hidden rounded-full bg-warn-soft">
            <div className="h-full bg-fill" style={{ width: `${part}%` }} />
          </div>
          <p className="mt-1.5 text-[0.8125rem] text-muted">
            {count(done)} under the active key{k.to_go > 0 && `, ${count(k.to_go)} still under an older one`}.
          </p>
        </div>
        <ul aria-label="Data keys" className="divide-y divide-line rounded-md border border-line">
          {[...k.data].reverse().map((d) => (
            <li key={d.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
              <span aria-hidden className={cn("size-2.5 rounded-[3px]", d.active ? "bg-fill" : d.secrets > 0 ? "bg-warn" : "bg-line")} />
              <code>{d.id}</code>
              {d.active && <Badge tone="accent">Active</Badge>}
              <span className="ml-auto text-[0.8125rem] text-muted">
                {count(d.secrets)}, made <Time at={d.created_at} />
              </span>
            </li>
          ))}
        </ul>
        <Facts
          facts={[
            ["Master key", <span key="m"><code>{k.fingerprint}</code>, set <Time at={k.set_at} /></span>],
            ["Backup", k.backed_up_at ? <Time key="b" at={k.backed_up_at} /> : <span key="b" className="text-warn">none: patchbay keys backup FILE</span>],
          ]}
        />
        <div>
          <p className="mb-1.5 text-[0.8125rem] text-muted">{rotation ? "Go on with the rotation, which was cut off or is under way; two at once share the work:" : "To make another data key and seal everything anew, while all goes on:"}</p>
          <Code code="patchbay keys rotate" what="the command" />
        </div>
      </div>
    </Card>
  );
}
