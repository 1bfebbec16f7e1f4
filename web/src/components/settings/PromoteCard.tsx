import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { Project, Promotion } from "@/api/types";
import { Fold } from "@/components/Json";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Choice } from "@/components/ui/choice";
import { Dialog, DialogActions, DialogContent } from "@/components/ui/dialog";
import { Checkbox } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

type Item = Promotion["items"][number];

const kinds: Record<Item["kind"], string> = { brand: "Brand", user_verification: "User verification", variable: "Variable", endpoint: "Webhook endpoint" };
const actions = { create: ["New", "good"], update: ["Changes", "info"], none: ["Same", "neutral"], secret: ["Secret", "warn"] } as const;
const ways = [
  { value: "development", label: "Development into production" },
  { value: "production", label: "Production into development" },
];

/** Takes settings of an environment over into the other: planned, looked at, and done as planned. */
export function PromoteCard({ project }: { project: Project }) {
  const [from, setFrom] = useState<Promotion["from"]>("development");
  const [plan, setPlan] = useState<Promotion>();
  const { busy, error, form } = useSubmit(async () => {
    const to = from === "development" ? "production" : "development";
    setPlan(await data(api.GET("/projects/{project_id}/promotion", { params: { path: { project_id: project.id }, query: { from, to } } })));
  });
  return (
    <Card title="Take settings over" text="The brand, user verification, variables and webhook endpoints of an environment, into the other. Secrets, accounts and users are not taken over.">
      <Form of={form} className="space-y-4">
        <Choice label="From where" value={from} onChange={(v) => setFrom(v as Promotion["from"])} options={ways} />
        <FormError error={error} />
        <Button type="submit" busy={busy}>
          See what would change
        </Button>
      </Form>
      <Dialog open={plan !== undefined} onOpenChange={(open) => !open && setPlan(undefined)}>
        {plan && <PlanDialog project={project} plan={plan} done={() => setPlan(undefined)} />}
      </Dialog>
    </Card>
  );
}

function PlanDialog({ project, plan, done }: { project: Project; plan: Promotion; done: () => void }) {
  const open = plan.items.filter((i) => i.action === "create" || i.action === "update");
  const secrets = plan.items.filter((i) => i.action === "secret"), same = plan.items.filter((i) => i.action === "none").length;
  const [left, setLeft] = useState<string[]>([]);
  const items = open.filter((i) => !left.includes(i.id)).map((i) => i.id);
  const queries = useQueryClient(), toast = useToast();
  const { busy, error, form } = useSubmit(async () => {
    const { from, to, fingerprint } = plan;
    const out = await data(api.POST("/projects/{project_id}/promotion", { params: { path: { project_id: project.id } }, body: { from, to, fingerprint, items } }));
    void queries.invalidateQueries();
    toast.good(`Taken over into ${to}`, out.items.length === 1 ? "One setting" : `${out.items.length} settings`);
    done();
  });
  return (
    <DialogContent className="max-w-xl" title={`From ${plan.from} into ${plan.to}`} description={open.length > 0 ? "All that is chosen is done, or nothing is." : "Nothing is to be done: what can be taken over is the same already."}>
      <Form of={form} className="space-y-4">
        <ul className="space-y-3">
          {open.map((i) => (
            <li key={i.id} className="rounded-lg border border-line p-3">
              <div className="flex flex-wrap items-center gap-2">
                <Checkbox label={i.name ? `${kinds[i.kind]} ${i.name}` : kinds[i.kind]} checked={!left.includes(i.id)} onChange={(on) => setLeft(on ? left.filter((id) => id !== i.id) : [...left, i.id])} />
                <Badge tone={actions[i.action][1]}>{actions[i.action][0]}</Badge>
              </div>
              <Fields item={i} />
            </li>
          ))}
        </ul>
        {secrets.length > 0 && (
          <p className="text-muted">
            Secrets are set by hand in {plan.to}: {secrets.map((i) => i.name).join(", ")}.
          </p>
        )}
        {same > 0 && <p className="text-muted">{same === 1 ? "One setting is" : `${same} settings are`} the same already.</p>}
        <FormError error={error} />
        <DialogActions>
          <Button type="button" variant="ghost" onClick={done}>
            Close
          </Button>
          {open.length > 0 && (
            <Button type="submit" variant="primary" busy={busy} disabled={items.length === 0}>
              {items.length === 1 ? "Take one setting over" : `Take ${items.length} settings over`}
            </Button>
          )}
        </DialogActions>
      </Form>
    </DialogContent>
  );
}

/** What an item changes, field by field. */
function Fields({ item }: { item: Item }) {
  const text = (of: Item["before"], name: string) => {
    const v = of?.[name];
    return v === undefined || v === null || v === "" ? "nothing" : typeof v === "string" ? v : JSON.stringify(v);
  };
  return (
    <Fold title={item.fields.length === 1 ? "One field" : `${item.fields.length} fields`}>
      <dl className="space-y-2">
        {item.fields.map((name) => (
          <div key={name}>
            <dt className="text-muted">{name}</dt>
            <dd className="break-words font-mono text-sm">
              {item.before && (
                <>
                  <del className="text-bad">{text(item.before, name)}</del>{" "}
                </>
              )}
              <ins className="text-good no-underline">{text(item.after, name)}</ins>
            </dd>
          </div>
        ))}
      </dl>
    </Fold>
  );
}
