import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, data } from "@/api/client";
import type { AppFile } from "@/api/types";
import { AppIcon } from "./AppIcon";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Form, FormError, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

/** The app's picture. Patchbay ships no trade marks, so an app has a monogram until its operator gives it one. */
export function AppLogo({ file, name }: { file: AppFile; name: string }) {
  const input = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  const toast = useToast();
  const changed = () => Promise.all([queries.invalidateQueries({ queryKey: ["app_files"] }), queries.invalidateQueries({ queryKey: ["apps"] })]);
  const params = { path: { app_id: file.slug } };
  const upload = useSubmit(async () => {
    const picture = input.current?.files?.[0];
    if (!picture) return;
    try {
      await data(api.PUT("/app_files/{app_id}/logo", { params, body: picture as unknown as string, bodySerializer: (b: unknown) => b as BodyInit, headers: { "content-type": "application/octet-stream" } }));
    } finally {
      if (input.current) input.current.value = "";
    }
    await changed();
    toast.good("Logo saved");
  });
  const remove = useSubmit(async () => {
    await data(api.DELETE("/app_files/{app_id}/logo", { params }));
    await changed();
    toast.good("The monogram is back");
  });
  return (
    <Card title="Logo">
      <div className="flex flex-wrap items-center gap-3">
        <AppIcon key={file.img_src} app={{ name, img_src: file.img_src }} size={48} />
        <Form of={upload.form} className="flex flex-wrap gap-2">
          <input ref={input} type="file" aria-label="Picture" accept=".svg,.png,image/svg+xml,image/png" className="sr-only" tabIndex={-1} onChange={(e) => e.currentTarget.form?.requestSubmit()} />
          <Button busy={upload.busy} onClick={() => input.current?.click()}>
            {file.own_logo ? "Replace" : "Upload a logo"}
          </Button>
        </Form>
        {file.own_logo && (
          <Form of={remove.form}>
            <Button type="submit" variant="ghost" busy={remove.busy}>
              Back to the monogram
            </Button>
          </Form>
        )}
      </div>
      <p className="mt-2 text-[0.8125rem] text-muted">SVG or PNG, up to 64 KiB. Your users see it when they connect {name}, in all projects of this workspace.</p>
      <FormError error={upload.error ?? remove.error} />
    </Card>
  );
}
