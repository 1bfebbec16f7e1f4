import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Package, Upload } from "lucide-react";
import { useState } from "react";
import { clientsQuery } from "@/api/calls";
import { ApiError } from "@/api/client";
import { installPackage, packagesQuery, removePackage, verifyPackages } from "@/api/packages";
import type { PrivateComponent, Schemas } from "@/api/types";
import { ownName } from "@/lib/components";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Ask } from "./Ask";
import { Async, SkeletonRows } from "./Async";
import { Confirm } from "./Confirm";
import { Empty } from "./Empty";
import { Fold } from "./Json";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Card, Facts } from "./ui/card";
import { Checkbox, Field } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

type Installed = Schemas["ComponentPackage"];

/** The packages of code that were installed: what is in them, under which license, and who uses it. */
export function Packages({ components }: { components: PrivateComponent[] }) {
  const queries = useQueryClient();
  const toast = useToast();
  const packages = useQuery(packagesQuery);
  const [checking, setChecking] = useState(false);
  const verify = async () => {
    setChecking(true);
    try {
      const all = await verifyPackages();
      queries.setQueryData(packagesQuery.queryKey, all);
      const broken = all.filter((p) => p.intact === false).length;
      if (broken === 0) toast.good("Every package is what was installed");
    } catch (e) {
      toast.bad("Not checked", e);
    } finally {
      setChecking(false);
    }
  };
  const install = <Install />;
  return (
    <Card
      flush
      title="Packages"
      text="Components that are code come in packages, as npm packs them. Nothing is fetched when one is installed, and none of its scripts is run."
      actions={
        <span className="flex flex-wrap gap-2">
          {Boolean(packages.data?.length) && (
            <Button size="sm" busy={checking} onClick={() => void verify()}>
              Check the content
            </Button>
          )}
          {install}
        </span>
      }
    >
      <Async query={packages} skeleton={<SkeletonRows rows={2} />}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon={Package} title="No package is installed">
              Write components in TypeScript or JavaScript with <code>patchbay component init</code>, and install them from there or here.
            </Empty>
          ) : (
            <ul aria-label="Installed packages" className="divide-y divide-line">
              {all.map((p) => (
                <One key={p.name} installed={p} components={components} />
              ))}
            </ul>
          )
        }
      </Async>
    </Card>
  );
}

function One({ installed: p, components }: { installed: Installed; components: PrivateComponent[] }) {
  const scope = useScope();
  const queries = useQueryClient();
  const clients = useQuery(clientsQuery);
  const author = clients.data?.data.find((c) => c.id === p.author)?.name ?? p.author;
  const uses = (key: string) => components.find((c) => c.key === key)?.triggers ?? 0;
  const used = p.components.reduce((n, c) => n + uses(c.key), 0);
  const refresh = () => {
    for (const key of ["component_packages", "private_components", "components"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  return (
    <li className="space-y-2 px-4 py-3">
      <div className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-2">
            <span className="font-medium break-all">{p.name}</span>
            <span className="text-muted tabular-nums">{p.version}</span>
            <Badge>{p.license || "names no license"}</Badge>
            {p.intact === true && <Badge tone="good">Content checked</Badge>}
            {p.intact === false && <Badge tone="bad">Its content was changed</Badge>}
          </p>
          <p className="text-[0.8125rem] text-muted">
            {author}, <Time at={p.created_at} />
            {p.accepted_at && (
              <>
                ; its license was accepted <Time at={p.accepted_at} />
              </>
            )}
            .
          </p>
        </div>
        <Confirm
          trigger={
            <Button size="sm" variant="dangerGhost" aria-label={`Remove ${p.name}`}>
              Remove
            </Button>
          }
          title={`Remove ${p.name}?`}
          text={used > 0 ? `Its components go with it, in all projects of this workspace, and ${used === 1 ? "the trigger" : `the ${used} triggers`} that ${used === 1 ? "is" : "are"} deployed with them stop.` : "Its components go with it, in all projects of this workspace."}
          action="Remove package"
          done="Package removed"
          insist={{ code: "component_in_use", action: "Remove it all the same" }}
          act={(force) => removePackage(p.name, force)}
          after={refresh}
        />
      </div>
      <Fold title={`${p.components.length} ${p.components.length === 1 ? "component" : "components"}`} aside={used > 0 ? `${used} deployed` : undefined}>
        <ul className="space-y-1">
          {p.components.map((c) => (
            <li key={c.key} className="flex flex-wrap items-baseline gap-x-3">
              <Link {...(paths.privateComponent(scope, ownName(c.key) ?? c.key) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">
                {c.key}
              </Link>
              <span className="text-[0.8125rem] text-muted">
                {c.type}
                {c.app && ` of ${c.app}`}, {c.version}
                {uses(c.key) > 0 && `, ${uses(c.key)} deployed`}
              </span>
            </li>
          ))}
        </ul>
      </Fold>
      {p.refused.length > 0 && (
        <Fold title={`${p.refused.length} ${p.refused.length === 1 ? "module is" : "modules are"} no component`}>
          <Facts facts={p.refused.map((r) => [r.path, r.why])} />
        </Fold>
      )}
    </li>
  );
}

function Install() {
  return (
    <Ask
      title="Install a package"
      description="A .tgz with all that its modules import. One that is installed already is brought to the version of the file; what is deployed stays with its own."
      trigger={
        <Button size="sm">
          <Upload className="size-3.5" aria-hidden />
          Install or update
        </Button>
      }
    >
      {(close) => <InstallForm close={close} />}
    </Ask>
  );
}

function InstallForm({ close }: { close: () => void }) {
  const queries = useQueryClient();
  const toast = useToast();
  const [file, setFile] = useState<File>();
  const [accept, setAccept] = useState(false);
  const [asked, setAsked] = useState<string>();
  const { busy, error, form } = useSubmit(async () => {
    if (!file) return;
    try {
      const p = await installPackage(file, accept);
      close();
      toast.good(`${p.name} ${p.version} is installed`, `${p.components.length} ${p.components.length === 1 ? "component serves" : "components serve"}.`);
      for (const key of ["component_packages", "private_components", "components"]) void queries.invalidateQueries({ queryKey: [key] });
    } catch (e) {
      if (!(e instanceof ApiError) || e.code !== "license_not_accepted") throw e;
      setAsked(e.message);
    }
  });
  return (
    <Form of={form} className="space-y-4">
      <Field name="package" label="Package" hint="As npm pack makes it; up to 32 MiB.">
        {(ids) => (
          <input
            {...ids}
            type="file"
            accept=".tgz,.tar.gz,application/gzip"
            onChange={(e) => {
              setFile(e.target.files?.[0]);
              setAsked(undefined);
              setAccept(false);
            }}
            className="block w-full text-[0.8125rem] file:mr-3 file:h-8 file:rounded-md file:border file:border-line-strong/60 file:bg-surface file:px-3 file:font-medium"
          />
        )}
      </Field>
      {asked && (
        <div role="status" className="space-y-2 rounded-md bg-sunken px-3 py-2">
          <p>{asked}</p>
          <Checkbox name="accept_license" label="I have read its license, and accept it" checked={accept} onChange={setAccept} />
        </div>
      )}
      <FormActions error={error} action="Install" busy={busy} disabled={!file || (Boolean(asked) && !accept)} />
    </Form>
  );
}
