import { ComponentForm as Form, PatchbayProvider, type Configured } from "@patchbay/react";
import "@patchbay/react/styles.css";
import { useQuery } from "@tanstack/react-query";
import { useContext, useMemo, useState } from "react";
import { listAccounts } from "@/api/calls";
import { api, data } from "@/api/client";
import { workingAppsQuery } from "@/api/components";
import { within, type Component } from "@/api/types";
import { allowedOrigins, reconnectURL } from "@/lib/connect";
import type { Values } from "@/lib/drafts";
import { formClient, type Way } from "@/lib/formClient";
import { useScope, useSession } from "@/lib/hooks";
import { ConnectOverlay } from "./ConnectOverlay";
import { LookOnlyNote } from "./ui/form";
import { LookOnly } from "./ui/lookOnly";
import { useToast } from "./ui/toast";
import "./component-form.css";

export type { Configured };

interface Props {
  component: Pick<Component, "key" | "name" | "version" | "configurable_props">;
  /** Your own id of the user in whose name it is filled in. */
  user: string;
  values: Values;
  onChange: (values: Values) => void;
  /** Called with all that is needed; what it throws is shown. */
  onSubmit: (configured: Configured) => Promise<unknown>;
  submitLabel: string;
}

interface Attempt {
  way: Way;
  link: string;
  known: Set<string>;
}

/** The form of an action or a trigger that customers embed, in the console: it fills in for any user. */
export function ComponentForm({ component: c, user, values, onChange, onSubmit, submitLabel }: Props) {
  const scope = useScope();
  const session = useSession();
  const toast = useToast();
  const why = useContext(LookOnly);
  const apps = useQuery(workingAppsQuery);
  const [attempt, setAttempt] = useState<Attempt>();
  const { projectId, environment } = scope;

  const client = useMemo(() => {
    const here = { projectId, environment };
    const open = async (way: Way) => {
      try {
        const token = await data(api.POST("/connect/{project_id}/tokens", { params: within(here), body: { external_user_id: user, allowed_origins: allowedOrigins(window.location.origin, session.tls_url) } }));
        const before = await listAccounts(here, { external_user_id: user, limit: 200 });
        const { app = "", accountId } = way.options;
        // The account that is connected again is told of like a new one.
        const known = new Set(before.data.map((a) => a.id).filter((id) => id !== accountId));
        setAttempt({ way, known, link: accountId ? reconnectURL(token.connect_link_url, app, accountId) : token.connect_link_url });
      } catch (e) {
        way.close();
        toast.bad("The account cannot be connected", e);
      }
    };
    return formClient(here, user, (way) => void open(way));
  }, [projectId, environment, user, session.tls_url, toast]);
  const form = useMemo(
    () => ({
      key: c.key,
      name: c.name,
      version: c.version,
      // A prop of an account has no name of its own but for programs.
      configurableProps: c.configurable_props.map((p) => (p.type === "app" && !p.label ? { ...p, label: `${apps.data?.get(String(p.app))?.name ?? String(p.app)} account` } : p)) as never,
    }),
    [c, apps.data],
  );
  const slug = attempt?.way.options.app ?? "";
  return (
    <PatchbayProvider key={user} client={client}>
      {why && <LookOnlyNote>{why}</LookOnlyNote>}
      <fieldset disabled={Boolean(why)} className="min-w-0 border-0 p-0">
        <Form component={form} value={values} onChange={onChange} onSubmit={onSubmit} submitLabel={submitLabel} />
      </fieldset>
      {attempt && (
        <ConnectOverlay
          link={attempt.link}
          known={attempt.known}
          app={{ name: apps.data?.get(slug)?.name ?? slug, name_slug: slug }}
          externalUserId={user}
          onConnected={(id) => attempt.way.connected(id)}
          close={() => {
            attempt.way.close();
            setAttempt(undefined);
          }}
        />
      )}
    </PatchbayProvider>
  );
}
