import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Plug } from "lucide-react";
import { useState } from "react";
import { appsQuery, listAccounts } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type App } from "@/api/types";
import { cn } from "@/lib/cn";
import { allowedOrigins } from "@/lib/connect";
import { useScope, useSession, useSettled } from "@/lib/hooks";
import { AppIcon } from "./AppIcon";
import { Async } from "./Async";
import { ConnectOverlay } from "./ConnectOverlay";
import { Button } from "./ui/button";
import { Dialog, DialogActions, DialogClose, DialogContent, DialogTrigger } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { explain } from "./ui/toast";

interface Attempt {
  link: string;
  app: App;
  externalUserId: string;
  /** The accounts that were there before; any other one is new. */
  known: Set<string>;
}

/** Goes through the hosted page as a user would, in this project and environment. */
export function ConnectButton({ user, variant = "primary" }: { user?: string; variant?: "primary" | "secondary" }) {
  const scope = useScope();
  const session = useSession();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [userId, setUserId] = useState(user ?? "test-user");
  const [app, setApp] = useState<App>();
  const [attempt, setAttempt] = useState<Attempt>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  const start = async () => {
    const externalUserId = userId.trim();
    if (!app) return setError("Choose an app.");
    if (!externalUserId) return setError("Enter the id of a user.");
    setBusy(true);
    setError(undefined);
    try {
      const token = await data(
        api.POST("/connect/{project_id}/tokens", {
          params: within(scope),
          body: { external_user_id: externalUserId, allowed_origins: allowedOrigins(window.location.origin, session.tls_url) },
        }),
      );
      const before = await listAccounts(scope, { external_user_id: externalUserId, limit: 200 });
      setAttempt({ link: token.connect_link_url, app, externalUserId, known: new Set(before.data.map((a) => a.id)) });
      setOpen(false);
    } catch (e) {
      setError(explain(e));
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <Dialog
        open={open}
        onOpenChange={(o) => {
          setOpen(o);
          setError(undefined);
          if (o) setUserId(user ?? "test-user");
        }}
      >
        <DialogTrigger asChild>
          <Button variant={variant}>
            <Plug className="size-4" aria-hidden />
            Connect a test account
          </Button>
        </DialogTrigger>
        <DialogContent title="Connect a test account" description="Opens the page your users will see, in this environment.">
          <form
            className="space-y-4"
            onSubmit={(e) => {
              e.preventDefault();
              void start();
            }}
          >
            <Field label="External user id" hint="Your own id of the user. A new one makes a new user.">
              {(ids) => <Input {...ids} value={userId} onChange={(e) => setUserId(e.target.value)} maxLength={250} autoComplete="off" spellCheck={false} />}
            </Field>
            <AppPicker value={app} onChange={setApp} />
            {error && (
              <p role="alert" className="text-bad">
                {error}
              </p>
            )}
            <DialogActions>
              <DialogClose asChild>
                <Button>Cancel</Button>
              </DialogClose>
              <Button type="submit" variant="primary" busy={busy} disabled={!app || !userId.trim()}>
                Continue
              </Button>
            </DialogActions>
          </form>
        </DialogContent>
      </Dialog>
      {attempt && (
        <ConnectOverlay
          {...attempt}
          close={() => {
            setAttempt(undefined);
            for (const key of ["accounts", "users", "deliveries"]) void queries.invalidateQueries({ queryKey: [key] });
          }}
        />
      )}
    </>
  );
}

/** Radio buttons behind a search: arrow keys move between apps, as in any group of one choice. */
function AppPicker({ value, onChange }: { value: App | undefined; onChange: (a: App) => void }) {
  const [q, setQ] = useState("");
  const settled = useSettled(q.trim());
  const apps = useInfiniteQuery(appsQuery(settled));
  return (
    <fieldset className="space-y-1">
      <legend className="mb-1 font-medium">App{value && <span className="font-normal text-muted">: {value.name}</span>}</legend>
      <Input type="search" aria-label="Search apps" placeholder="Search apps" value={q} onChange={(e) => setQ(e.target.value)} maxLength={200} onKeyDown={(e) => e.key === "Enter" && e.preventDefault()} />
      <div className="mt-2 h-56 overflow-y-auto rounded-md border border-line">
        <Async query={apps}>
          {(d) => {
            const all = d.pages.flatMap((p) => p.data);
            if (all.length === 0) return <p className="p-4 text-center text-muted">No app is called that.</p>;
            return (
              <>
                {all.map((a) => (
                  <label
                    key={a.name_slug}
                    className={cn("flex h-10 cursor-pointer items-center gap-2.5 border-b border-line px-3 hover:bg-sunken", "has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent", value?.name_slug === a.name_slug && "bg-accent-soft hover:bg-accent-soft")}
                  >
                    <input type="radio" name="app" className="sr-only" checked={value?.name_slug === a.name_slug} onChange={() => onChange(a)} />
                    <AppIcon app={a} />
                    <span className="min-w-0 grow truncate">{a.name}</span>
                    <span className="text-xs text-muted">{a.auth_type ?? ""}</span>
                  </label>
                ))}
                {apps.hasNextPage && (
                  <div className="p-2 text-center">
                    <Button size="sm" busy={apps.isFetchingNextPage} onClick={() => void apps.fetchNextPage()}>
                      Load more
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </Async>
      </div>
    </fieldset>
  );
}
