import { useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useState } from "react";
import { api, data } from "@/api/client";
import { within, type Import } from "@/api/types";
import { Empty } from "@/components/Empty";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Switch } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** Accounts of another system: a file, a dry run, the progress, and what failed to download. */
export function ImportsPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const key = ["imports", scope];
  const imports = usePages(key, (after) => data(api.GET("/projects/{project_id}/imports", { params: { ...within(scope), query: { after } } })), 2_000);
  const errors = (i: Import) => async () => {
    const text = await data(
      api.GET("/projects/{project_id}/imports/{import_id}/errors", {
        params: { ...within(scope), path: { project_id: scope.projectId, import_id: i.id }, query: { format: "csv" } },
        parseAs: "text",
      }),
    );
    const url = URL.createObjectURL(new Blob([text as unknown as string], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: url, download: `${i.id}-errors.csv` }).click();
    URL.revokeObjectURL(url);
  };
  const columns: Column<Import>[] = [
    {
      head: "File",
      cell: (i) => (
        <span className="inline-flex flex-wrap items-center gap-2 font-medium">
          {i.name || i.id} {i.dry_run && <Badge tone="info">Dry run</Badge>}
        </span>
      ),
    },
    { head: "Progress", cell: (i) => <Progress of={i} /> },
    { head: "Imported", from: "sm", cell: (i) => (i.dry_run ? `${i.valid} would be` : i.imported), className: "tabular-nums" },
    { head: "Skipped", from: "md", cell: (i) => i.skipped, className: "tabular-nums" },
    {
      head: "Failed",
      cell: (i) =>
        i.failed === 0 ? (
          0
        ) : (
          <>
            <span className="mr-2 text-bad">{i.failed}</span>
            <button type="button" aria-label={`Download what failed of ${i.name || i.id}`} className="text-accent underline-offset-4 hover:underline" onClick={() => void errors(i)()}>
              Download
            </button>
          </>
        ),
      className: "tabular-nums",
    },
    { head: "Started", from: "lg", cell: (i) => <Time row at={i.created_at} /> },
  ];
  return (
    <>
      <PageHead
        title="Import accounts"
        up={{ label: "Accounts", place: paths.accounts(scope) }}
        text="Bring tokens and keys along from another system. A row is imported once, by its import_id or by its line in the same file, however often the file is sent."
      />
      <div className="space-y-4">
        <Card title="A file of accounts">
          <ImportForm started={() => void queries.invalidateQueries({ queryKey: key })} />
        </Card>
        <ListTable
          label="Imports"
          query={imports}
          columns={columns}
          rowKey={(i) => i.id}
          empty={
            <Empty icon={Upload} title="No imports yet">
              Each row names <code>external_user_id</code> and <code>app</code>, and has <code>access_token</code> and <code>refresh_token</code> or the app’s own fields
              (<code>fields</code>, in CSV <code>fields.NAME</code>). Optional: <code>import_id</code>, <code>expires_at</code>, <code>scopes</code>, <code>name</code>,{" "}
              <code>oauth_app_id</code>, <code>created_at</code>.
            </Empty>
          }
        />
      </div>
    </>
  );
}

function Progress({ of: i }: { of: Import }) {
  if (i.status === "finished") return <Badge tone={i.failed > 0 ? "warn" : "good"}>Finished</Badge>;
  return (
    <Badge tone="info" dot pulse>
      {i.total - i.pending} of {i.total}
    </Badge>
  );
}

const fileStyle =
  "block w-full text-[0.8125rem] text-muted file:mr-3 file:h-8 file:cursor-pointer file:rounded-md file:border file:border-solid file:border-line-strong/60 file:bg-surface file:px-3 file:font-medium file:text-text hover:file:bg-sunken";

function ImportForm({ started }: { started: () => void }) {
  const scope = useScope();
  const [file, setFile] = useState<File>();
  const [dryRun, setDryRun] = useState(true);
  const [test, setTest] = useState(false);
  const { busy, error, form } = useSubmit(async () => {
    if (!file) return;
    await data(
      api.POST("/projects/{project_id}/imports", {
        params: {
          ...within(scope),
          query: { format: file.name.toLowerCase().endsWith(".csv") ? "csv" : "jsonl", dry_run: dryRun ? "true" : "false", test: test ? "true" : "false", name: file.name.slice(0, 200) },
        },
        headers: { "Content-Type": "application/octet-stream" },
        body: file as unknown as string,
        bodySerializer: (b: unknown) => b as BodyInit,
      }),
    );
    started();
  });
  return (
    <Form of={form} className="max-w-xl space-y-4">
      <Field name="file" label="File" hint="JSONL (an object a line) or CSV, up to 16 MiB and 20,000 rows.">
        {(ids) => <input {...ids} type="file" accept=".jsonl,.ndjson,.csv" onChange={(e) => setFile(e.target.files?.[0])} className={fileStyle} />}
      </Field>
      <Switch label="Dry run" hint="Say what would happen, and make no account." checked={dryRun} onChange={setDryRun} />
      <Switch label="Test credentials" hint="Ask each app who is connected first; what it refuses is not imported." checked={test} onChange={setTest} />
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={!file}>
        {dryRun ? "Try the file" : "Import"}
      </Button>
    </Form>
  );
}
