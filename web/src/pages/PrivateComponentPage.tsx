import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { privateComponentQuery } from "@/api/components";
import { ApiError, api, data } from "@/api/client";
import type { App, AppProblem, PrivateComponentChecked, PrivateComponentDetail } from "@/api/types";
import { AppProblems } from "@/components/AppFileChecks";
import { AppPicker } from "@/components/AppPicker";
import { Async, Problem, SkeletonCard } from "@/components/Async";
import { useConflict } from "@/components/ChangedMeanwhile";
import { Confirm } from "@/components/Confirm";
import { DefinitionEditor } from "@/components/DefinitionEditor";
import { PageHead } from "@/components/PageHead";
import { PlayedExamples } from "@/components/PlayedExamples";
import { PrivateVersions } from "@/components/PrivateVersions";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { useToast } from "@/components/ui/toast";
import { blankOperation } from "@/lib/components";
import { useFilters, useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** The file of one of the workspace's own components: to read, to check, to upload in a higher version. */
export function PrivateComponentPage() {
  const scope = useScope();
  const name = useParam("componentName");
  const [{ version }] = useFilters();
  const component = useQuery({ ...privateComponentQuery(name, version), enabled: name !== "-" });
  if (name === "-") return <Editing key="new" />;
  if (component.data) return <Editing key={`${name} ${version ?? ""}`} name={name} component={component.data} />;
  return (
    <>
      <PageHead title="Component" up={{ label: "Your own", place: paths.privateComponents(scope) }} />
      <Async query={component} skeleton={<SkeletonCard />}>
        {() => null}
      </Async>
    </>
  );
}

function Editing({ name: known, component: c }: { name?: string; component?: PrivateComponentDetail }) {
  const scope = useScope();
  const toast = useToast();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const id = useId();
  const [name, setName] = useState(known ?? "");
  const [app, setApp] = useState<App>();
  const [source, setSource] = useState(c ? (c.source ?? "") : blankOperation);
  const [base, setBase] = useState(c?.versions[0]?.version ?? ""); // the newest of which this knows
  const [problems, setProblems] = useState<AppProblem[]>(c?.problems ?? []);
  const [checked, setChecked] = useState<PrivateComponentChecked>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState<"save" | "check">();
  const [goTo, setGoTo] = useState<{ line: number; at: number }>();
  const slug = c?.app ?? app?.name_slug ?? "";
  const ready = name !== "" && slug !== "" && source.trim() !== "";

  const attempt = async (what: "save" | "check", act: () => Promise<void>) => {
    setBusy(what);
    setError(undefined);
    setProblems([]);
    setChecked(undefined);
    try {
      await act();
    } catch (e) {
      const found = e instanceof ApiError && e.code === "component_file_invalid" ? (e.details.problems as AppProblem[] | undefined) : undefined;
      if (found) setProblems(found);
      else setError(e as Error);
    } finally {
      setBusy(undefined);
    }
  };
  const params = { path: { component_name: name || "component" } };
  const changed = () => Promise.all([queries.invalidateQueries({ queryKey: ["private_components"] }), queries.invalidateQueries({ queryKey: ["components"] })]);
  const theirs = async (now: PrivateComponentDetail) => {
    setSource(now.source ?? "");
    setBase(now.versions[0]?.version ?? "");
    setProblems(now.problems);
    await changed();
  };
  const put = async (from = base) => {
    const v = await data(api.PUT("/private_components/{component_name}", { params, body: { app: slug, source, base_version: from } }));
    toast.good(`Version ${v.version} serves`, "In all projects of this workspace, from now on.");
    setBase(v.version);
    await changed();
    void navigate(paths.privateComponent(scope, name) as never);
  };
  const { guard, dialog } = useConflict<PrivateComponentDetail>({
    what: "component",
    log: { subject: `~/${name}`, action: "component.saved" },
    whole: true,
    own: () => ({ source }),
    read: (now) => ({ source: now.source }),
    first: () => undefined, // all of it is written
    newest: () => queries.fetchQuery({ ...privateComponentQuery(name), staleTime: 0 }),
    mine: (now) => put(now.versions[0]?.version),
    theirs,
  });
  const save = () =>
    attempt("save", async () => {
      await guard(put);
    });
  const check = () =>
    attempt("check", async () => {
      const found = await data(api.POST("/private_components/{component_name}/check", { params, body: { app: slug, source } }));
      setProblems(found.problems);
      if (found.problems.length === 0) setChecked(found);
    });
  return (
    <>
      <PageHead
        title={c ? c.key : "Upload an operation file"}
        text={c ? `Version ${c.version}. Another text needs a higher version in the file.` : "An action or a trigger of your own: what it asks for, which calls it makes, and examples of them."}
        up={{ label: "Your own", place: paths.privateComponents(scope) }}
        actions={
          c && (
            <>
              <Button asChild>
                <Link {...(paths.component(scope, c.key) as { to: string })}>Try it</Link>
              </Button>
              <Remove name={name} after={() => void changed().then(() => navigate(paths.privateComponents(scope) as never))} />
            </>
          )
        }
      />
      <div className="space-y-4">
        {!c && (
          <Card title="What it is for">
            <div className="max-w-lg space-y-4">
              <Field label="Name" hint="Small letters, digits and dashes, such as create-invoice. Its key is ~/ and this name.">
                {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value.trim())} maxLength={100} autoComplete="off" spellCheck={false} className="font-mono" />}
              </Field>
              <AppPicker value={app} onChange={setApp} />
            </div>
          </Card>
        )}
        {c && c.source === null ? (
          <Card title="File">
            <p className="text-muted">It is code, and is changed where it was written.</p>
          </Card>
        ) : (
          <Card title="File">
            {error && <Problem error={error} slim />}
            {problems.length > 0 && <AppProblems id={`${id}-problems`} problems={problems} show={(line) => setGoTo({ line, at: Date.now() })} />}
            <DefinitionEditor
              label="Operation file"
              hint="YAML, in the form of operation/v1."
              value={source}
              onChange={(text) => {
                setSource(text);
                setError(undefined);
              }}
              invalid={problems.length > 0}
              {...(problems.length > 0 && { describedBy: `${id}-problems` })}
              wrong={new Set(problems.map((p) => p.line))}
              {...(goTo && { goTo })}
            />
            <div className="mt-3 flex flex-wrap items-center gap-2">
              <Button acts variant="primary" busy={busy === "save"} disabled={busy === "check" || !ready || source === c?.source} onClick={() => void save()}>
                Save and serve
              </Button>
              <Button busy={busy === "check"} disabled={busy === "save" || !ready} onClick={() => void check()}>
                Play the examples
              </Button>
              <label className="cursor-pointer text-accent underline-offset-4 hover:underline has-focus-visible:outline-2 has-focus-visible:outline-accent">
                Take it from a file
                <input type="file" accept=".yaml,.yml" className="sr-only" onChange={(e) => void e.target.files?.[0]?.text().then(setSource)} />
              </label>
            </div>
          </Card>
        )}
        {dialog}
        {checked && <PlayedExamples checked={checked} show={(line) => setGoTo({ line, at: Date.now() })} />}
        {c && <PrivateVersions name={name} component={c} changed={() => void changed()} />}
      </div>
    </>
  );
}

function Remove({ name, after }: { name: string; after: () => void }) {
  return (
    <Confirm
      trigger={<Button variant="dangerGhost">Remove</Button>}
      title={`Remove ~/${name}?`}
      text="All its versions go, in all projects of this workspace. What uses it fails from then on."
      action="Remove component"
      done="Component removed"
      insist={{ code: "component_in_use", action: "Remove it all the same" }}
      act={(force) => data(api.DELETE("/private_components/{component_name}", { params: { path: { component_name: name }, query: force ? { force: "true" } : {} } }))}
      after={after}
    />
  );
}
