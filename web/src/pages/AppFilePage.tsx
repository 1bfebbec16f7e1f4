import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { appFileQuery } from "@/api/calls";
import { api, ApiError, data } from "@/api/client";
import type { AppChecked, AppFile, AppProblem } from "@/api/types";
import { AppChecks, AppProblems } from "@/components/AppFileChecks";
import { AppFileVersions } from "@/components/AppFileVersions";
import { OwnBadge } from "@/components/AppGrid";
import { Async, Problem, SkeletonCard } from "@/components/Async";
import { changedMeanwhile, useConflict } from "@/components/ChangedMeanwhile";
import { Confirm } from "@/components/Confirm";
import { DefinitionEditor } from "@/components/DefinitionEditor";
import { PageHead } from "@/components/PageHead";
import { RecordedAnswers } from "@/components/RecordedAnswers";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useToast } from "@/components/ui/toast";
import { blankApp, slugOf } from "@/lib/appFile";
import { useDraft } from "@/lib/draft";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** The file that an app is read from: the workspace's own, or the shipped one to begin a change with. */
export function AppFilePage() {
  const scope = useScope();
  const slug = useParam("slug");
  const file = useQuery({ ...appFileQuery(slug), enabled: slug !== "-" });
  if (slug === "-") return <Editing key="new" />;
  if (file.data) return <Editing key={file.data.slug} file={file.data} />;
  return (
    <>
      <PageHead title="App file" up={{ label: "Apps", place: paths.apps(scope) }} />
      <Async query={file} skeleton={<SkeletonCard />}>
        {() => null}
      </Async>
    </>
  );
}

function Editing({ file: f }: { file?: AppFile }) {
  const scope = useScope();
  const toast = useToast();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const id = useId();
  const { draft, set, first, take } = useDraft(f, (now) => ({ source: now?.source ?? blankApp, fixtures: now?.fixtures ?? {} }));
  const { source, fixtures } = draft;
  const [problems, setProblems] = useState<AppProblem[]>(f?.problems ?? []);
  const [checked, setChecked] = useState<AppChecked>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState<"save" | "check">();
  const [goTo, setGoTo] = useState<{ line: number; at: number }>();
  const slug = f?.slug ?? slugOf(source);
  const name = f?.facts?.name ?? slug;

  const changed = () => Promise.all([queries.invalidateQueries({ queryKey: ["app_files"] }), queries.invalidateQueries({ queryKey: ["apps"] }), queries.invalidateQueries({ queryKey: ["app_categories"] })]);
  const attempt = async (what: "save" | "check", act: () => Promise<void>) => {
    setBusy(what);
    setError(undefined);
    setProblems([]);
    try {
      await act();
    } catch (e) {
      const found = e instanceof ApiError && e.code === "app_file_invalid" ? (e.details.problems as AppProblem[] | undefined) : undefined;
      if (found) setProblems(found);
      else setError(e as Error);
    } finally {
      setBusy(undefined);
    }
  };
  // What was refused was another text than this one.
  const edit = (text: string) => {
    set({ source: text });
    setError(undefined);
  };
  const params = { path: { app_id: slug || "our_app" } };
  const newest = () => queries.fetchQuery({ ...appFileQuery(slug), staleTime: 0 });
  const theirs = (now: AppFile) => {
    take(now);
    setProblems(now.problems);
    setChecked(undefined);
    void changed();
  };
  const put = async (force: boolean, base = first?.version) => {
    const v = await data(api.PUT("/app_files/{app_id}", { params: { ...params, query: force ? { force: "true" } : {} }, body: { source, fixtures, ...(base !== undefined && { base_version: base }) } }));
    toast.good(`Version ${v.version} serves`, "In all projects of this workspace, from now on.");
    if (f) theirs(await newest());
    else {
      await changed();
      void navigate(paths.appFile(scope, slug) as never);
    }
  };
  const { guard, dialog } = useConflict<AppFile>({
    what: "app file",
    log: { subject: slug, action: "app_file.changed" },
    whole: true,
    own: () => ({ source, fixtures }),
    read: (now) => ({ source: now.source, fixtures: now.fixtures }),
    first: () => undefined, // all of it is written
    newest,
    mine: (now) => put(false, now.version),
    theirs,
  });
  const save = (force = false) => attempt("save", async () => void (await guard(() => put(force))));
  const check = () =>
    attempt("check", async () => {
      setChecked(undefined);
      const c = await data(api.POST("/app_files/{app_id}/check", { params, body: { source, fixtures } }));
      setProblems(c.problems);
      if (c.problems.length === 0) setChecked(c);
    });
  const untouched = f !== undefined && source === f.source && JSON.stringify(fixtures) === JSON.stringify(f.fixtures);
  return (
    <>
      <PageHead
        title={f ? `File of ${name}` : "Add an app"}
        badge={f?.own ? <OwnBadge override={f.override} /> : undefined}
        text={
          f && !f.own
            ? "This is how the app ships. What you save here stands over it, in all projects of this workspace."
            : "It holds in all projects of this workspace, and serves from the moment it is saved."
        }
        up={f ? { label: name, place: paths.app(scope, f.slug) } : { label: "Apps", place: paths.apps(scope) }}
        actions={f?.own && <Remove file={f} changed={changed} after={() => void changed().then(() => navigate((f.override ? paths.app(scope, f.slug) : paths.apps(scope)) as never))} />}
      />
      <div className="space-y-4">
        <Card title="File">
          {error && <Problem error={error} slim />}
          {error instanceof ApiError && error.code === "app_in_use" && (
            <div className="mb-3">
              <Button acts variant="danger" busy={busy === "save"} onClick={() => void save(true)}>
                Save it all the same
              </Button>
            </div>
          )}
          {problems.length > 0 && <AppProblems id={`${id}-problems`} problems={problems} show={(line) => setGoTo({ line, at: Date.now() })} />}
          <DefinitionEditor
            label="App file"
            hint="YAML, in the form of app/v1."
            value={source}
            onChange={edit}
            invalid={problems.length > 0}
            {...(problems.length > 0 && { describedBy: `${id}-problems` })}
            wrong={new Set(problems.map((p) => p.line))}
            {...(goTo && { goTo })}
          />
          <div className="mt-3 flex flex-wrap gap-2">
            <Button acts variant="primary" busy={busy === "save"} disabled={busy === "check" || !source.trim() || untouched} onClick={() => void save()}>
              Save and serve
            </Button>
            <Button busy={busy === "check"} disabled={busy === "save"} onClick={() => void check()}>
              Dry run
            </Button>
          </div>
        </Card>
        {checked && <AppChecks checked={checked} />}
        <RecordedAnswers fixtures={fixtures} onChange={(now) => set({ fixtures: now })} shipped={f?.override === true} />
        {f && f.version > 0 && <AppFileVersions slug={f.slug} own={f.own} base={f.version} changed={() => void changed()} />}
      </div>
      {dialog}
    </>
  );
}

function Remove({ file: f, after, changed }: { file: AppFile; after: () => void; changed: () => unknown }) {
  return (
    <Confirm
      trigger={<Button variant="dangerGhost">{f.override ? "Back to the shipped app" : "Remove"}</Button>}
      title={f.override ? "Go back to the app as it ships?" : `Remove ${f.slug}?`}
      text={f.override ? "Your changes no longer hold. Their versions are kept, and can be restored." : "Nobody can connect it any more. Its versions are kept, and can be restored."}
      action={f.override ? "Go back" : "Remove app"}
      done={f.override ? "The shipped app serves again" : "App removed"}
      insist={{ code: "app_in_use", action: f.override ? "Go back all the same" : "Remove it all the same" }}
      act={(force) =>
        data(api.DELETE("/app_files/{app_id}", { params: { path: { app_id: f.slug }, query: { base_version: f.version, ...(force && { force: "true" as const }) } } })).catch((e: unknown) => {
          if (changedMeanwhile(e)) void changed(); // the newest is what is then looked at
          throw e;
        })
      }
      after={after}
    />
  );
}
