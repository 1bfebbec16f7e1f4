import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { deployTrigger } from "@/api/components";
import type { Component, Emitter } from "@/api/types";
import { useDraft } from "@/lib/drafts";
import { useFilters, useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { ComponentForm, type Configured } from "./ComponentForm";
import { SecretDialog } from "./SecretDialog";
import { Card } from "./ui/card";
import { Field, Input, Switch } from "./ui/field";
import { useToast } from "./ui/toast";
import { UserField } from "./UserField";

/** What is sent besides the props. */
export interface Deployment {
  webhook_url?: string;
  emit_on_deploy: boolean;
}

interface Props {
  component: Component;
  /** What it is deployed with, as far as it is known; for the code that does the same. */
  onFilled: (configured: Partial<Configured>, deployment: Deployment) => void;
}

/** Deploys a trigger for a user, and leads on to it. */
export function TriggerDeploy({ component: c, onFilled }: Props) {
  const scope = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const [{ user = "" }, setFilters] = useFilters();
  const [values, setValues] = useDraft(scope, c);
  const [url, setUrl] = useState("");
  const [emit, setEmit] = useState(true);
  const [deployed, setDeployed] = useState<Emitter>();
  const listens = c.configurable_props.some((p) => p.type === "$.interface.http");
  const deployment = (by: { url?: string; emit?: boolean } = {}): Deployment => {
    const to = (by.url ?? url).trim();
    return { ...(to && { webhook_url: to }), emit_on_deploy: by.emit ?? emit };
  };

  const open = (t: Emitter) => void navigate(paths.trigger(scope, user, t.id) as never);
  const deploy = async (configured: Configured) => {
    onFilled(configured, deployment());
    const t = await deployTrigger(scope, { id: c.key, version: c.version, external_user_id: user, configured_props: configured.configuredProps, dynamic_props_id: configured.dynamicPropsId, ...deployment() });
    void queries.invalidateQueries({ queryKey: ["triggers"] });
    toast.good("Trigger deployed", t.name);
    if (t.webhook_signing_key) setDeployed(t);
    else open(t);
  };
  return (
    <Card title="Deploy it" text="From then on it emits an event for each thing it hears of. Deployed twice, it emits each twice.">
      <div className="space-y-4">
        <UserField value={user} onChange={(u) => setFilters({ user: u })} hint="Whose account it listens with." />
        {user ? (
          <>
            <Field name="webhook_url" label="Send its events to" hint="Besides the webhook and the endpoints of this environment. Optional.">
              {(ids) => (
                <Input
                  {...ids}
                  type="url"
                  value={url}
                  placeholder="https://"
                  maxLength={2000}
                  onChange={(e) => {
                    setUrl(e.target.value);
                    onFilled({ configuredProps: values }, deployment({ url: e.target.value }));
                  }}
                />
              )}
            </Field>
            {!listens && (
              <Switch
                label="Emit what is there already"
                hint="The newest of it, up to 50 events, as soon as it is deployed."
                checked={emit}
                onChange={(on) => {
                  setEmit(on);
                  onFilled({ configuredProps: values }, deployment({ emit: on }));
                }}
              />
            )}
            <ComponentForm
              key={user}
              component={c}
              user={user}
              values={values}
              onChange={(v) => {
                setValues(v);
                onFilled({ configuredProps: v }, deployment());
              }}
              onSubmit={deploy}
              submitLabel="Deploy"
            />
          </>
        ) : (
          <p className="text-muted">Choose a user first: the form offers what their account has.</p>
        )}
      </div>
      <SecretDialog
        title="Copy the signing key now"
        text="The events that go to your address are signed with it. It is shown in full this once."
        values={deployed?.webhook_signing_key ? [{ label: "Signing key", value: deployed.webhook_signing_key }] : null}
        close={() => deployed && open(deployed)}
      />
    </Card>
  );
}
