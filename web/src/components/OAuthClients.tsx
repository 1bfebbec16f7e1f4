import { useQueryClient } from "@tanstack/react-query";
import { BookOpen, FlaskConical, Pencil, Plus, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api, data } from "@/api/client";
import type { App, OAuthApp } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { AppIcon } from "./AppIcon";
import { Confirm } from "./Confirm";
import { CopyButton, Id } from "./Copy";
import type { Column } from "./ListTable";
import { Markdown } from "./Markdown";
import { OAuthClientForm } from "./OAuthClientForm";
import { SecretBadge, SecretState } from "./OAuthClientSecret";
import { Suspended, SuspendedBadge } from "./OAuthClientSuspended";
import { OAuthClientTest } from "./OAuthClientTest";
import { Button } from "./ui/button";
import { Dialog, DialogActions, DialogClose, DialogContent } from "./ui/dialog";
import { useToast } from "./ui/toast";

type Shown = { what: "add" } | { what: "edit" | "made" | "guide" | "test"; client: OAuthApp };

/** What the pages with OAuth clients share: the button, the columns of the list, and the dialogs both open. */
export function useOAuthClients(app?: App): { add: (variant?: "primary" | "secondary") => ReactNode; columns: Column<OAuthApp>[]; dialogs: ReactNode } {
  const queries = useQueryClient();
  const toast = useToast();
  const [shown, setShown] = useState<Shown>();
  const refresh = () => void queries.invalidateQueries({ queryKey: ["oauth_apps"] });
  const close = (open: boolean) => !open && setShown(undefined);
  const add = (variant: "primary" | "secondary" = "primary") => (
    <Button variant={variant} onClick={() => setShown({ what: "add" })}>
      <Plus className="size-4" aria-hidden />
      Add an OAuth client
    </Button>
  );
  const dialogs = (
    <>
      <Dialog open={shown?.what === "add"} onOpenChange={close}>
        <DialogContent
          title={app ? `Add an OAuth client for ${app.name}` : "Add an OAuth client"}
          description="Register Patchbay with the provider first. Does the provider ask for a redirect URI right then? Enter any address of yours; the real one is shown here after saving."
          className="max-w-lg"
        >
          <OAuthClientForm
            app={app}
            saved={(client) => {
              refresh();
              setShown({ what: "made", client });
            }}
          />
        </DialogContent>
      </Dialog>
      <Dialog open={shown?.what === "edit"} onOpenChange={close}>
        <DialogContent title="Edit OAuth client" className="max-w-lg">
          {shown?.what === "edit" && (
            <div className="mb-4 space-y-3 empty:hidden">
              <Suspended client={shown.client} />
              <SecretState
                client={shown.client}
                changed={() => {
                  refresh();
                  setShown(undefined);
                }}
              />
            </div>
          )}
          {shown?.what === "edit" && (
            <OAuthClientForm
              client={shown.client}
              saved={() => {
                refresh();
                setShown(undefined);
                toast.good("OAuth client saved");
              }}
            />
          )}
        </DialogContent>
      </Dialog>
      <Dialog open={shown?.what === "made" || shown?.what === "guide"} onOpenChange={close}>
        {(shown?.what === "made" || shown?.what === "guide") && <Guide client={shown.client} made={shown.what === "made"} />}
      </Dialog>
      <Dialog open={shown?.what === "test"} onOpenChange={close}>
        {shown?.what === "test" && <OAuthClientTest client={shown.client} />}
      </Dialog>
    </>
  );
  return { add, columns: columns({ test: (client) => setShown({ what: "test", client }), edit: (client) => setShown({ what: "edit", client }), guide: (client) => setShown({ what: "guide", client }), refresh }), dialogs };
}

function Guide({ client, made }: { client: OAuthApp; made: boolean }) {
  return (
    <DialogContent
      title={made ? "Now register the redirect URI" : `Set up ${client.name}`}
      description={made ? "The client is stored. Until the provider knows this address, it refuses every sign-in." : "The provider has to know this address, letter by letter."}
      className="max-w-2xl"
    >
      <div className="space-y-5">
        <div>
          <div className="mb-1 font-medium">Redirect URI</div>
          <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1.5 pl-3 pr-1.5">
            <code className="min-w-0 grow break-all text-[0.8125rem] select-all">{client.redirect_uri}</code>
            <CopyButton text={client.redirect_uri} what="redirect URI" labelled />
          </div>
        </div>
        {client.setup.trim() ? (
          <section aria-label="Setup guide" className="border-t border-line pt-4">
            <Markdown source={client.setup} />
          </section>
        ) : (
          <p className="text-muted">There is no guide for this app. Look for “OAuth apps” or “Developer” in its settings, and add the redirect URI to the client there.</p>
        )}
      </div>
      <DialogActions>
        <DialogClose asChild>
          <Button variant="primary">Done</Button>
        </DialogClose>
      </DialogActions>
    </DialogContent>
  );
}

interface Acts {
  test: (o: OAuthApp) => void;
  edit: (o: OAuthApp) => void;
  guide: (o: OAuthApp) => void;
  refresh: () => void;
}

function columns({ test, edit, guide, refresh }: Acts): Column<OAuthApp>[] {
  return [
    {
      head: "App",
      cell: (o) => (
        <span className="inline-flex min-w-0 items-center gap-2.5 align-middle">
          <AppIcon app={o} size={24} />
          <span className="min-w-0">
            <span className="block max-w-24 truncate font-medium sm:max-w-36 xl:max-w-44" title={o.name}>
              {o.name}
            </span>
            <span className="block text-xs text-muted">{o.name_slug}</span>
            <SuspendedBadge client={o} />
          </span>
        </span>
      ),
    },
    { head: "Client id", from: "sm", cell: (o) => <Short text={o.client_id} what="client id" /> },
    { head: "Redirect URI", from: "md", cell: (o) => <Short text={o.redirect_uri} what="redirect URI" /> },
    { head: "Secret", from: "lg", cell: (o) => <SecretBadge client={o} /> },
    { head: "Actions", className: "text-right whitespace-nowrap", cell: (o) => <Actions client={o} test={test} edit={edit} guide={guide} refresh={refresh} /> },
  ];
}

function Short({ text, what }: { text: string; what: string }) {
  return (
    <span className="block max-w-32 xl:max-w-44">
      <Id id={text} what={what} />
    </span>
  );
}

function Actions({ client: o, test, edit, guide, refresh }: Acts & { client: OAuthApp }) {
  const { projectId } = useScope();
  const named = `${o.name} (${o.client_id})`;
  return (
    <span className="inline-flex items-center gap-1">
      <Button size="iconSm" variant="ghost" title="Test this client" aria-label={`Test ${named}`} onClick={() => test(o)}>
        <FlaskConical className="size-4" aria-hidden />
      </Button>
      <Button size="iconSm" variant="ghost" title="Setup guide" aria-label={`Setup guide of ${named}`} onClick={() => guide(o)}>
        <BookOpen className="size-4" aria-hidden />
      </Button>
      <Button size="iconSm" variant="ghost" title="Edit" aria-label={`Edit ${named}`} onClick={() => edit(o)}>
        <Pencil className="size-4" aria-hidden />
      </Button>
      <Confirm
        trigger={
          <Button size="iconSm" variant="ghost" title="Delete" aria-label={`Delete ${named}`} className="text-bad">
            <Trash2 className="size-4" aria-hidden />
          </Button>
        }
        title={`Delete the OAuth client of ${o.name}?`}
        text="Nobody can connect an account with it any more, and its secret is destroyed here. The client at the provider stays. It cannot be deleted while accounts were made with it."
        action="Delete OAuth client"
        done="OAuth client deleted"
        act={() => data(api.DELETE("/connect/{project_id}/oauth_apps/{oauth_app_id}", { params: { path: { project_id: projectId, oauth_app_id: o.id } } }))}
        after={refresh}
      />
    </span>
  );
}
