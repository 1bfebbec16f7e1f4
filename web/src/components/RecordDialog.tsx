import { useState } from "react";
import { setRecord } from "@/api/workflows";
import type { StoreRecord } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { readJson } from "@/lib/json";
import { DefinitionEditor } from "./DefinitionEditor";
import { Dialog, DialogContent } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

/** Writes a record, unless somebody else has since it was read. */
export function RecordDialog({ storeId, record: r, close, saved }: { storeId: string; record: StoreRecord | undefined; close: () => void; saved: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const [key, setKey] = useState(r?.key ?? "");
  const [text, setText] = useState(() => JSON.stringify(r?.value ?? {}, null, 2));
  const [ttl, setTtl] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    const value = readJson(text, "The value", "value");
    await setRecord(scope, storeId, key, { value: value as never, if_version: r?.version ?? 0, ...(ttl && { ttl_seconds: Number(ttl) }) });
    toast.good("Record written");
    saved();
    close();
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={r ? r.key : "New record"} className="max-w-xl">
        <Form of={form} className="space-y-4">
          {!r && <Field name="key" label="Key">{(ids) => <Input {...ids} value={key} onChange={(e) => setKey(e.target.value)} required maxLength={250} spellCheck={false} className="font-mono" />}</Field>}
          <DefinitionEditor short name="value" label="Value" hint="JSON." value={text} onChange={setText} />
          <Field name="ttl_seconds" label="Expires after" hint={r?.expires_at ? "Seconds from now. Left empty, it stays for good, and the time it has is taken away." : "Seconds from now; left empty, it stays."}>
            {(ids) => <Input {...ids} type="number" min={1} value={ttl} onChange={(e) => setTtl(e.target.value)} />}
          </Field>
          <FormActions error={error} action="Write" busy={busy} disabled={!key} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
