import { useState } from "react";
import { api, data } from "@/api/client";
import type { APIKey, Client } from "@/api/types";
import { Confirm } from "./Confirm";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Dialog, DialogContent } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";

/** Its name, and what there is to know of its state. */
export function ClientName({ c }: { c: Client | APIKey }) {
  return (
    <span className="min-w-0">
      <span className="font-medium [overflow-wrap:anywhere]">{c.name}</span>
      <span className="flex flex-wrap gap-1">
        {c.disabled_at && <Badge tone="warn">disabled</Badge>}
        {"previous_secret_until" in c && c.previous_secret_until && (
          <Badge tone="warn">
            two secrets until <Time at={c.previous_secret_until} />
          </Badge>
        )}
        {"expires_at" in c && c.expires_at && (
          <Badge>
            until <Time at={c.expires_at} />
          </Badge>
        )}
      </span>
    </span>
  );
}

/** Where it may act. */
export function ClientReach({ c, names }: { c: Client | APIKey; names: Map<string, string> }) {
  const projects = c.project_ids.map((id) => names.get(id) ?? "(deleted)");
  return (
    <span className="break-words text-[0.8125rem]">
      {projects.length === 0 ? "All projects" : projects.join(", ")}
      {c.environments.length > 0 && <span className="text-muted">, {c.environments.join(", ")}</span>}
    </span>
  );
}

export function ScopeList({ scopes }: { scopes: string[] }) {
  const shown = scopes.slice(0, 3);
  return (
    <span className="flex max-w-64 flex-wrap gap-1" title={scopes.join("\n")}>
      {shown.map((s) => (
        <Badge key={s} className="rounded font-mono font-normal">
          {s === "*" ? "* (everything)" : s}
        </Badge>
      ))}
      {scopes.length > 3 && <Badge className="rounded font-normal">+{scopes.length - 3}</Badge>}
    </span>
  );
}

export function LastUsed({ c }: { c: Client | APIKey }) {
  return (
    <span>
      <Time row at={c.last_used_at} none="never" />
      {c.last_used_address && <span className="block text-[0.8125rem] text-muted">from {c.last_used_address}</span>}
    </span>
  );
}

/** Switches a client or key off or on, and revokes it. */
export function ClientSwitch({ c, after }: { c: Client | APIKey; after: () => void }) {
  const off = c.disabled_at !== null;
  const isKey = "hint" in c;
  const set = () =>
    isKey
      ? data(api.PATCH("/api_keys/{api_key_id}", { params: { path: { api_key_id: c.id } }, body: { disabled: !off } }))
      : data(api.PATCH("/clients/{client_id}", { params: { path: { client_id: c.id } }, body: { disabled: !off } }));
  const end = () => (isKey ? data(api.DELETE("/api_keys/{api_key_id}", { params: { path: { api_key_id: c.id } } })) : data(api.DELETE("/clients/{client_id}", { params: { path: { client_id: c.id } } })));
  const word = isKey ? "Revoke" : "Delete";
  return (
    <>
      <Confirm
        mild
        trigger={<Button size="sm" aria-label={`${off ? "Enable" : "Disable"} ${c.name}`}>{off ? "Enable" : "Disable"}</Button>}
        title={`${off ? "Enable" : "Disable"} ${c.name}?`}
        text={off ? "It is let in again at once." : "Its calls are refused within half a minute, until it is enabled again."}
        action={off ? "Enable" : "Disable"}
        done={off ? "Enabled" : "Disabled"}
        act={set}
        after={after}
      />
      <Confirm
        trigger={<Button size="sm" variant="dangerGhost" aria-label={`${word} ${c.name}`}>{word}</Button>}
        title={`${word} ${c.name}?`}
        text={isKey ? "It is refused within half a minute, for good. A server that uses it stops working." : "It gets no more access tokens, and those it has are refused within a minute. A server that uses it stops working."}
        action={isKey ? "Revoke key" : "Delete client"}
        done={isKey ? "API key revoked" : "API client deleted"}
        act={end}
        after={after}
      />
    </>
  );
}

/** Asks how long the old secret stays good, and makes a new one. */
export function RotateSecret({ c, setC, made }: { c: Client | undefined; setC: (c: Client | undefined) => void; made: (c: Client) => void }) {
  const [hours, setHours] = useState("24");
  const { busy, error, forget, form } = useSubmit(async () => {
    if (!c) return;
    made(await data(api.POST("/clients/{client_id}/rotate_secret", { params: { path: { client_id: c.id } }, body: { overlap_hours: Number(hours) } })));
    setC(undefined);
  });
  return (
    <Dialog
      open={c !== undefined}
      onOpenChange={(o) => {
        forget();
        if (!o) setC(undefined);
      }}
    >
      <DialogContent title={`New secret for ${c?.name ?? ""}`} description="The new secret is good at once. The old one stays good for a while, so that you can change every server without a gap.">
        <Form of={form} className="space-y-4">
          <Field name="overlap_hours" label="Hours that the old secret stays good" hint="0 ends it at once; a week, 168, is the most.">
            {(ids) => <Input {...ids} type="number" min={0} max={168} required value={hours} onChange={(e) => setHours(e.target.value)} />}
          </Field>
          <FormActions error={error} action="Make a new secret" busy={busy} disabled={hours === ""} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
