import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { Confirm } from "@/components/Confirm";
import { Fold, Json } from "@/components/Json";
import { SigningKeyDialog } from "@/components/SigningKeyDialog";
import { AnswerBadge } from "@/components/Status";
import { TestOutcome } from "@/components/TestOutcome";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Choice } from "@/components/ui/choice";
import { Dialog, DialogContent, DialogTrigger } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Form, FormActions, FormError, useSubmit } from "@/components/ui/form";

type Webhook = components["schemas"]["AuditWebhook"];

const tones = { active: "good", failing: "warn", paused: "bad" } as const;
const why = { manual: "It was paused by hand.", failing: "The receiver had failed for five days.", gone: "The receiver answered that it is gone (410)." };

/** Where the audit log is sent, how that goes, and what can be done about it. */
export function AuditWebhook() {
  const queries = useQueryClient();
  const [shown, setShown] = useState<Webhook>();
  const state = useQuery({ queryKey: ["audit-webhook"], queryFn: () => data(api.GET("/audit_log/webhook")), refetchInterval: 5_000 });
  if (!state.data) return null; // the list below says why nothing can be read
  const w = state.data.data;
  const changed = (next: Webhook | null) => {
    queries.setQueryData(["audit-webhook"], { data: next });
    if (next?.signing_key) setShown(next);
    void queries.invalidateQueries({ queryKey: ["audit"] });
  };
  return (
    <>
      <Card
        className="mb-4"
        title="Send to a webhook"
        text={w ? undefined : "Every entry is sent to an address of yours, signed, in the order of the chain: there it stands where nobody here can write."}
        actions={
          <span className="flex flex-wrap items-center gap-2">
            {w && (
              <Badge tone={tones[w.status]} dot>
                {w.status === "active" ? "Active" : w.status === "failing" ? "Failing" : "Paused"}
              </Badge>
            )}
            <AddressDialog webhook={w} changed={changed} />
          </span>
        }
      >
        {w && <State webhook={w} changed={changed} />}
      </Card>
      <SigningKeyDialog shown={shown} text={shown?.previous_key_until ? ". For 24 hours every batch is signed with the old key as well." : "."} close={() => setShown(undefined)} />
    </>
  );
}

const seen = (w: Webhook) => ({ params: { query: { unchanged_since: w.updated_at } } });

function State({ webhook: w, changed }: { webhook: Webhook; changed: (next: Webhook | null) => void }) {
  return (
    <div className="space-y-3">
      {w.status !== "active" && (
        <p role="status" className={w.status === "paused" ? "text-bad" : "text-warn"}>
          {w.paused_reason ? `Nothing is sent. ${why[w.paused_reason]} ` : "The last batch was not taken. "}
          {w.failing_since && w.paused_reason !== "manual" && (
            <>
              It has been failing since <Time at={w.failing_since} />.{" "}
            </>
          )}
          {w.next_attempt_at && (
            <>
              It is sent again <Time at={w.next_attempt_at} />.
            </>
          )}
        </p>
      )}
      <Facts
        facts={[
          ["Address", <code key="u" className="break-all text-[0.8125rem]">{w.url}</code>],
          ["Sent up to", <span key="s">{w.last_sent_at ? <>entry {w.sent_seq.toLocaleString("en")}, <Time at={w.last_sent_at} /></> : "nothing yet"}</span>],
          ["Waiting", `${w.waiting.toLocaleString("en")} ${w.waiting === 1 ? "entry" : "entries"}`],
          ...(w.last_error ? ([["Last error", <span key="e" className="inline-flex flex-wrap items-center gap-1.5"><AnswerBadge status={w.last_status} error={w.last_error} /> <span className="break-all text-muted">{w.last_excerpt}</span></span>]] as [string, ReactNode][]) : []),
          ...(w.missed + w.lost > 0 ? ([["Never sent", `${(w.missed + w.lost).toLocaleString("en")} entries, which had expired before they were sent`]] as [string, string][]) : []),
        ]}
      />
      <div className="flex flex-wrap items-start gap-2">
        <Test />
        {w.status === "paused" ? (
          <Confirm
            trigger={<Button>Resume</Button>}
            title="Send again?"
            text={`Sending goes on after entry ${w.sent_seq.toLocaleString("en")}, where it stopped.`}
            action="Resume"
            mild
            done="The audit log is sent again"
            act={() => data(api.POST("/audit_log/webhook/resume", seen(w))).then((r) => changed(r.data))}
          />
        ) : (
          <Confirm
            trigger={<Button>Pause</Button>}
            title="Send nothing for now?"
            text="Entries wait until you resume, for as long as the log keeps them."
            action="Pause"
            mild
            done="Sending is paused"
            act={() => data(api.POST("/audit_log/webhook/pause", seen(w))).then((r) => changed(r.data))}
          />
        )}
        <Confirm
          trigger={<Button>New signing key</Button>}
          title="Make a new signing key?"
          text="For 24 hours every batch is signed with the old key and the new one."
          action="Make a new key"
          mild
          done="New signing key made"
          act={() => data(api.POST("/audit_log/webhook/regenerate_signing_key", seen(w))).then((r) => changed(r.data))}
        />
        <Confirm
          trigger={<Button variant="dangerGhost">Remove</Button>}
          title="Send the audit log nowhere?"
          text={`${w.waiting > 0 ? `${w.waiting.toLocaleString("en")} entries that wait are not sent. ` : ""}The signing key goes with it. The log itself stays.`}
          action="Remove webhook"
          done="The audit log is sent nowhere"
          act={() => data(api.DELETE("/audit_log/webhook", seen(w))).then(() => changed(null))}
        />
      </div>
    </div>
  );
}

function Test() {
  const [open, setOpen] = useState(false);
  const [outcome, setOutcome] = useState<components["schemas"]["AuditWebhookTest"]>();
  const { busy, error, form } = useSubmit(async () => {
    setOutcome(undefined);
    setOutcome(await data(api.POST("/audit_log/webhook/test")));
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => {
        setOpen(to);
        setOutcome(undefined);
      }}
    >
      <DialogTrigger asChild>
        <Button>
          <Send className="size-4" aria-hidden />
          Test
        </Button>
      </DialogTrigger>
      <DialogContent title="Send a test" description="A batch without entries, signed like any and marked by the header X-Patchbay-Test. Nothing of it is kept." className="max-w-lg">
        <Form of={form} className="mt-3 space-y-3">
          <FormError error={error} />
          <Button type="submit" variant="primary" busy={busy}>
            Send test
          </Button>
        </Form>
        {outcome && (
          <TestOutcome outcome={outcome}>
            <Fold title="What was sent">
              <Json value={outcome.request_body} what="the body" />
            </Fold>
          </TestOutcome>
        )}
      </DialogContent>
    </Dialog>
  );
}

function AddressDialog({ webhook: w, changed }: { webhook: Webhook | null; changed: (next: Webhook | null) => void }) {
  const [open, setOpen] = useState(false);
  const [url, setUrl] = useState("");
  const [start, setStart] = useState<"now" | "beginning">("now");
  const { busy, error, forget, form } = useSubmit(async () => {
    const next = await data(api.PUT("/audit_log/webhook", { ...(w ? seen(w) : {}), body: w ? { url } : { url, start } }));
    setOpen(false);
    changed(next.data);
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => {
        if (busy) return;
        setOpen(to);
        setUrl(w?.url ?? "");
        forget();
      }}
    >
      <DialogTrigger asChild>
        <Button size="sm">{w ? "Change address" : "Set up"}</Button>
      </DialogTrigger>
      <DialogContent
        title={w ? "Change the address" : "Send the audit log to a webhook"}
        description={w ? "Sending goes on where it stands. The signing key stays." : "Batches of up to 100 entries, each with its number and hash, until the receiver answers 2xx."}
      >
        <Form of={form} className="mt-3 space-y-4">
          <Field name="url" label="Address">
            {(ids) => <Input {...ids} type="url" required maxLength={2000} value={url} onChange={(e) => setUrl(e.target.value)} placeholder="https://siem.example.com/patchbay" autoComplete="off" spellCheck={false} />}
          </Field>
          {!w && (
            <div className="space-y-1.5">
              <p className="font-medium">Begin with</p>
              <Choice label="Begin with" value={start} onChange={(v) => setStart(v as typeof start)} options={[{ value: "now", label: "From now on" }, { value: "beginning", label: "From the beginning" }]} />
            </div>
          )}
          <FormActions error={error} action={w ? "Save address" : "Send the log there"} variant="primary" busy={busy} disabled={!url} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
