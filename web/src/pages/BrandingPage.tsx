import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { brandQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type BrandSettings, type BrandState } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { BrandColours } from "@/components/BrandColours";
import { BrandFile } from "@/components/BrandFiles";
import { BrandPreview } from "@/components/BrandPreview";
import { BrandTexts } from "@/components/BrandTexts";
import { never, useConflict } from "@/components/ChangedMeanwhile";
import { Confirm } from "@/components/Confirm";
import { ConnectDomain } from "@/components/ConnectDomain";
import { ForManagers } from "@/components/ForManagers";
import { PageHead } from "@/components/PageHead";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog, DialogActions, DialogContent } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { Select } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";
import { fonts, problems, same, tidy } from "@/lib/brand";
import { useScope, useSession, useSettled } from "@/lib/hooks";
import { manages } from "@/lib/roles";

/** How the connect page looks to the users of an environment, seen while it is changed. */
export function BrandingPage() {
  const brand = useQuery(brandQuery(useScope()));
  return <Async query={brand} skeleton={<SkeletonCard />}>{(state) => <Editor state={state} />}</Async>;
}

function Editor({ state }: { state: BrandState }) {
  const scope = useScope();
  const session = useSession();
  const queries = useQueryClient();
  const toast = useToast();
  const [draft, setDraft] = useState<BrandSettings>(() => tidy(state.settings));
  const change = (by: Partial<BrandSettings>) => setDraft((d) => ({ ...d, ...by }));
  const wrong = problems(draft);
  const unsaved = !same(draft, state.settings);
  const body = tidy(draft);
  const settled = useSettled(JSON.stringify(body), 200);
  // The server says what the page would be given, and what is wrong with it: nothing is decided here a second time.
  const tried = useQuery({
    queryKey: ["brand", "try", scope, settled, state.files.map((f) => f.url)],
    queryFn: () => data(api.PUT("/projects/{project_id}/brand", { params: { ...within(scope), query: { dry_run: "true" } }, body: JSON.parse(settled) as BrandSettings })),
    enabled: unsaved && Object.keys(wrong).length === 0,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
  });
  const good = useRef(state);
  if (!unsaved) good.current = state;
  else if (tried.data) good.current = tried.data;
  const shown = good.current; // what cannot be shown leaves what was shown last
  const refused = unsaved && tried.error ? tried.error.message : undefined;
  const valid = Object.keys(wrong).length === 0 && !refused;
  // What is edited began as this. What somebody else saved is shown at once where nothing of one's own is in the way.
  const base = useRef(state);
  useEffect(() => {
    if (state.updated_at === base.current.updated_at || !same(draft, base.current.settings)) return;
    base.current = state;
    setDraft(tidy(state.settings));
  }, [state]);
  const took = (next: BrandState) => {
    queries.setQueryData(brandQuery(scope).queryKey, next);
    base.current = next;
    setDraft(tidy(next.settings));
  };
  const save = async (since = base.current.updated_at) => {
    const next = await data(api.PUT("/projects/{project_id}/brand", { params: { ...within(scope), query: { unchanged_since: since ?? never } }, body }));
    toast.good("Branding saved", scope.environment === "production" ? "Your users see it from now on." : undefined);
    took(next);
  };
  const { guard, dialog } = useConflict<BrandState>({
    what: "branding",
    log: { project_id: scope.projectId, action: "brand.changed", since: base.current.updated_at ?? undefined },
    whole: true,
    own: () => ({ ...body }),
    read: (there) => ({ ...tidy(there.settings) }),
    first: () => base.current,
    newest: () => data(api.GET("/projects/{project_id}/brand", { params: within(scope) })),
    mine: (now) => save(now.updated_at),
    theirs: took,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  const other = scope.environment === "production" ? "development" : "production";
  return (
    <>
      <PageHead
        title="Branding"
        text="What your users see when they connect an account in this environment. Nothing on the page speaks of Patchbay."
        actions={
          manages(session.member.role) && (
            <Confirm
              mild
              trigger={<Button>Copy from {other}</Button>}
              title={`Copy the branding of ${other}?`}
              text={`Colours, texts, logos and the font of ${other} take the place of those here. The domain stays.`}
              action="Copy branding"
              done="Branding copied"
              act={async () => took(await data(api.POST("/projects/{project_id}/brand/copy", { params: within(scope), body: { from: other } })))}
            />
          )
        }
      />
      <Form of={form} aria-label="Changes" className="sticky top-[3.75rem] z-10 mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-surface px-3 py-2 shadow-card">
        <Badge tone={!unsaved ? "neutral" : valid ? "warn" : "bad"} dot>
          {!unsaved ? "Saved" : valid ? "Not saved" : "Cannot be saved"}
        </Badge>
        <div role="status" className="min-w-0 grow text-[0.8125rem] text-muted max-sm:order-last max-sm:basis-full">
          {!unsaved && "What you change is shown in the preview at once, and to your users when you save it."}
          {unsaved && valid && "The preview shows what you changed; your users do not see it yet."}
          {valid && shown.warnings.length > 0 && <span className="font-medium text-warn"> Some colours are hard to read: see Colours.</span>}
          <FormError error={error ?? refused ?? Object.values(wrong)[0]} />
        </div>
        <Button variant="ghost" className="ml-auto" disabled={!unsaved} onClick={() => setDraft(tidy(state.settings))}>
          Discard
        </Button>
        <Button type="submit" variant="primary" busy={busy} disabled={!unsaved || !valid}>
          Save
        </Button>
      </Form>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,23rem)_minmax(0,1fr)]">
        <div className="min-w-0 space-y-4 max-lg:order-2">
          <ForManagers>
            <Identity draft={draft} change={change} state={state} />
            <BrandColours draft={draft} change={change} problems={wrong} warnings={shown.warnings} />
            <Shape draft={draft} change={change} state={state} />
            <BrandTexts draft={draft} change={change} />
            <Links draft={draft} change={change} problems={wrong} />
            <ConnectDomain />
          </ForManagers>
        </div>
        <div className="min-w-0 lg:sticky lg:top-32">
          <BrandPreview brand={shown.brand} stale={tried.isFetching} />
        </div>
      </div>
      {dialog}
      <Leaving when={unsaved} />
    </>
  );
}

interface PartProps {
  draft: BrandSettings;
  change: (by: Partial<BrandSettings>) => void;
}

const fileOf = (s: BrandState, kind: string) => s.files.find((f) => f.kind === kind);

function Identity({ draft, change, state }: PartProps & { state: BrandState }) {
  return (
    <Card title="Identity">
      <div className="space-y-4">
        <Field name="product" label="Name of the product" hint="Empty: the app name in the settings of the project.">
          {(ids) => <Input {...ids} value={draft.product ?? ""} onChange={(e) => change({ product: e.target.value || null })} placeholder={draft.product ? undefined : state.brand.product} maxLength={60} autoComplete="off" />}
        </Field>
        <BrandFile kind="logo" label="Logo" hint="SVG or PNG, up to 64 KiB. Files count at once." file={fileOf(state, "logo")} />
        <BrandFile kind="logo_dark" label="Logo on dark" hint="Without it, the logo serves both." file={fileOf(state, "logo_dark")} />
      </div>
    </Card>
  );
}

function Shape({ draft, change, state }: PartProps & { state: BrandState }) {
  const radius = draft.radius ?? 14;
  return (
    <Card title="Shape and type">
      <div className="space-y-4">
        <Field name="radius" label="Corners">
          {(ids) => (
            <div className="flex items-center gap-3">
              <input {...ids} type="range" min={0} max={24} value={radius} onChange={(e) => change({ radius: Number(e.target.value) })} className="h-8 grow accent-(--accent)" />
              <output className="w-12 text-right tabular-nums text-muted">{radius} px</output>
            </div>
          )}
        </Field>
        <div className="space-y-1">
          <div className="font-medium">Font</div>
          <Select label="Font" value={draft.font ?? "system"} onChange={(f) => change({ font: f === "system" ? null : (f as BrandSettings["font"]) })} options={fonts} className="w-full" />
        </div>
        {(draft.font === "custom" || fileOf(state, "font")) && <BrandFile kind="font" label="Font file" hint="WOFF2, up to 256 KiB. Without it, the system’s font is shown." file={fileOf(state, "font")} />}
      </div>
    </Card>
  );
}

function Links({ draft, change, problems: wrong }: PartProps & { problems: Record<string, string> }) {
  const link = (name: "support_url" | "privacy_url" | "terms_url", label: string) => (
    <Field name={name} label={label} error={wrong[name]}>
      {(ids) => <Input {...ids} type="url" inputMode="url" value={draft[name] ?? ""} onChange={(e) => change({ [name]: e.target.value || null })} placeholder="https://" maxLength={500} autoComplete="off" />}
    </Field>
  );
  return (
    <Card title="Help and legal">
      <div className="space-y-4">
        <Field name="support_email" label="Support e-mail" hint="Empty: the one in the settings of the project." error={wrong.support_email}>
          {(ids) => <Input {...ids} value={draft.support_email ?? ""} onChange={(e) => change({ support_email: e.target.value || null })} inputMode="email" maxLength={254} autoComplete="off" />}
        </Field>
        {link("support_url", "Support page")}
        {link("privacy_url", "Privacy")}
        {link("terms_url", "Terms")}
      </div>
    </Card>
  );
}

/** Asks before what was not saved is left behind, by a link or by closing the tab. */
function Leaving({ when }: { when: boolean }) {
  const blocker = useBlocker({ shouldBlockFn: () => when, enableBeforeUnload: when, withResolver: true });
  return (
    <Dialog open={blocker.status === "blocked"} onOpenChange={(open) => !open && blocker.reset?.()}>
      <DialogContent role="alertdialog" title="Leave without saving?" description="What you changed here is not saved yet.">
        <DialogActions>
          <Button onClick={() => blocker.reset?.()}>Stay</Button>
          <Button variant="danger" onClick={() => blocker.proceed?.()}>Leave</Button>
        </DialogActions>
      </DialogContent>
    </Dialog>
  );
}
