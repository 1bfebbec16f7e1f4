import { useQueryClient } from "@tanstack/react-query";
import { Type, Upload } from "lucide-react";
import { useRef } from "react";
import { api, data } from "@/api/client";
import { within, type BrandState } from "@/api/types";
import { cn } from "@/lib/cn";
import { useScope } from "@/lib/hooks";
import { Button } from "./ui/button";
import { Form, FormError, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

type Kind = BrandState["files"][number]["kind"];

interface Props {
  kind: Kind;
  label: string;
  hint: string;
  file: BrandState["files"][number] | undefined;
}

const pictures = ".svg,.png,image/svg+xml,image/png";

/** A logo or the font. It is stored as soon as it is chosen, for its content is checked by the server. */
export function BrandFile({ kind, label, hint, file }: Props) {
  const scope = useScope();
  const input = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  const toast = useToast();
  const params = { ...within(scope), path: { project_id: scope.projectId, kind } };
  const changed = () => queries.invalidateQueries({ queryKey: ["brand"] });
  const upload = useSubmit(async () => {
    const chosen = input.current?.files?.[0];
    if (!chosen) return;
    try {
      await data(api.PUT("/projects/{project_id}/brand/files/{kind}", { params, body: chosen as unknown as string, bodySerializer: (b: unknown) => b as BodyInit, headers: { "content-type": "application/octet-stream" } }));
    } finally {
      if (input.current) input.current.value = "";
    }
    await changed();
    toast.good(`${label} saved`);
  });
  const remove = useSubmit(async () => {
    await data(api.DELETE("/projects/{project_id}/brand/files/{kind}", { params }));
    await changed();
    toast.good(`${label} taken away`);
  });
  return (
    <div className="space-y-1">
      <div className="font-medium">{label}</div>
      <div className="flex flex-wrap items-center gap-3">
        <span className={cn("flex h-14 w-24 shrink-0 items-center justify-center rounded-md border border-line p-2", kind === "logo_dark" ? "bg-[#1b1f29]" : "bg-white", !file && "border-dashed")}>
          {!file ? <Upload className="size-4 text-[#868fa1]" aria-hidden /> : kind === "font" ? <Type className="size-5 text-[#14171f]" aria-hidden /> : <img src={file.url} alt={`${label}, as it is`} className="max-h-full max-w-full object-contain" />}
        </span>
        <Form of={upload.form}>
          <input ref={input} type="file" aria-label={label} accept={kind === "font" ? ".woff2,font/woff2" : pictures} className="sr-only" tabIndex={-1} onChange={(e) => e.currentTarget.form?.requestSubmit()} />
          <Button size="sm" busy={upload.busy} onClick={() => input.current?.click()}>
            {file ? "Replace" : "Upload"}
          </Button>
        </Form>
        {file && (
          <Form of={remove.form}>
            <Button type="submit" size="sm" variant="ghost" busy={remove.busy} aria-label={`Take away: ${label}`}>
              Take away
            </Button>
          </Form>
        )}
      </div>
      <p className="text-[0.8125rem] text-muted">{hint}</p>
      <FormError error={upload.error ?? remove.error} />
    </div>
  );
}
