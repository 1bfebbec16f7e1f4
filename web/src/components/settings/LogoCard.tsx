import { useQueries, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useRef } from "react";
import { brandQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Project, type Scope } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

const environments = ["development", "production"] as const;

/** The file as a data URI, which is how the API takes a logo. */
const inline = (file: File) =>
  new Promise<string>((ok, no) => {
    const reader = new FileReader();
    reader.onload = () => ok(String(reader.result));
    reader.onerror = () => no(new Error("The file could not be read."));
    reader.readAsDataURL(file);
  });

/** The project's logo on the connect page, in both environments at once. */
export function LogoCard({ project: p }: { project: Project }) {
  const input = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  const toast = useToast();
  const scopes = environments.map((environment): Scope => ({ projectId: p.id, environment }));
  const brands = useQueries({ queries: scopes.map((s) => brandQuery(s)) });
  const logos = brands.map((b) => b.data?.files.find((f) => f.kind === "logo"));
  const changed = () => queries.invalidateQueries({ queryKey: ["brand"] });
  const upload = useSubmit(async () => {
    const chosen = input.current?.files?.[0];
    if (!chosen) return;
    try {
      await data(api.POST("/connect/projects/{project_id}/logo", { params: { path: { project_id: p.id } }, body: { logo: await inline(chosen) } }));
    } finally {
      if (input.current) input.current.value = "";
    }
    await changed();
    toast.good("Logo saved");
  });
  const remove = useSubmit(async () => {
    for (const [i, scope] of scopes.entries()) {
      if (logos[i]) await data(api.DELETE("/projects/{project_id}/brand/files/{kind}", { params: { ...within(scope), path: { project_id: p.id, kind: "logo" } } }));
    }
    await changed();
    toast.good("Logo taken away");
  });
  const any = logos.some(Boolean);
  return (
    <Card title="Logo" text="Your users see it when they connect an account. An SVG of shapes alone, or a PNG of up to 1024 × 1024 pixels; up to 64 KiB.">
      <div className="flex flex-wrap items-end gap-4">
        {environments.map((environment, i) => (
          <figure key={environment} className="space-y-1">
            <span className="flex h-14 w-28 items-center justify-center rounded-md border border-line bg-white p-2">
              {logos[i] ? <img src={logos[i].url} alt={`Logo in ${environment}`} className="max-h-full max-w-full object-contain" /> : <Upload className="size-4 text-[#868fa1]" aria-label={`No logo in ${environment}`} />}
            </span>
            <figcaption className="text-[0.8125rem] text-muted">{environment}</figcaption>
          </figure>
        ))}
      </div>
      <div className="mt-3 flex flex-wrap gap-2">
        <Form of={upload.form}>
          <input ref={input} type="file" aria-label="Logo file" accept=".svg,.png,image/svg+xml,image/png" className="sr-only" tabIndex={-1} onChange={(e) => e.currentTarget.form?.requestSubmit()} />
          <Button busy={upload.busy} onClick={() => input.current?.click()}>
            {any ? "Replace in both" : "Upload a logo"}
          </Button>
        </Form>
        {any && (
          <Form of={remove.form}>
            <Button type="submit" variant="dangerGhost" busy={remove.busy}>
              Take away
            </Button>
          </Form>
        )}
      </div>
      <FormError error={upload.error ?? remove.error} />
    </Card>
  );
}
