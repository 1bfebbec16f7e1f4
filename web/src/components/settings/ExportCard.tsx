import { useRef, useState } from "react";
import { api, data } from "@/api/client";
import type { Project } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Checkbox } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

/** All of a project that is no secret, as one file. */
export function ExportCard({ project }: { project: Project }) {
  const [history, setHistory] = useState(false);
  const [bytes, setBytes] = useState<number>();
  const stop = useRef<AbortController>(null);
  const toast = useToast();
  const { busy, error, form } = useSubmit(async () => {
    const abort = new AbortController();
    stop.current = abort;
    setBytes(0);
    try {
      const body = await data(
        api.GET("/projects/{project_id}/export", {
          params: { path: { project_id: project.id }, query: { include: history ? "history" : undefined } },
          parseAs: "stream",
          signal: abort.signal,
        }),
      );
      const archive = await collect(body as unknown as ReadableStream<Uint8Array>, setBytes);
      const url = URL.createObjectURL(archive);
      Object.assign(document.createElement("a"), { href: url, download: `${project.id}.zip` }).click();
      URL.revokeObjectURL(url);
      toast.good("Project exported", size(archive.size));
    } catch (e) {
      if (!abort.signal.aborted) throw e;
    } finally {
      setBytes(undefined);
    }
  });
  return (
    <Card title="Export" text="Settings, users, accounts without their credentials, triggers, workflows with their versions, endpoints and data stores of both environments, in one zip. Secrets are not in it.">
      <Form of={form} className="space-y-4">
        <Checkbox label="With what happened" hint="Events, deliveries, runs, requests and other logs, with their large payloads. That may be a lot." checked={history} onChange={setHistory} disabled={busy} />
        <FormError error={error} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" busy={busy}>
            Export this project
          </Button>
          {busy && (
            <>
              <span role="status" className="text-muted">
                {size(bytes ?? 0)} so far
              </span>
              <Button variant="ghost" onClick={() => stop.current?.abort()}>
                Stop
              </Button>
            </>
          )}
        </div>
      </Form>
    </Card>
  );
}

async function collect(body: ReadableStream<Uint8Array>, so: (bytes: number) => void): Promise<Blob> {
  const parts: BlobPart[] = [];
  let bytes = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value as BlobPart);
    bytes += part.value.length;
    so(bytes);
  }
  return new Blob(parts, { type: "application/zip" });
}

function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
