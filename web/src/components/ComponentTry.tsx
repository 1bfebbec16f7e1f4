import { useState } from "react";
import type { Component } from "@/api/types";
import { withoutSecrets } from "@/lib/components";
import { useFilters, useScope, useSession } from "@/lib/hooks";
import { ActionRun, type Ran } from "./ActionRun";
import { CallCode } from "./CallCode";
import type { Configured } from "./ComponentForm";
import { RunOutcome } from "./RunOutcome";
import { TriggerDeploy, type Deployment } from "./TriggerDeploy";

/** A component at work: its form, what became of it, and the code that does the same. */
export function ComponentTry({ component: c }: { component: Component }) {
  const scope = useScope();
  const session = useSession();
  const [{ user }] = useFilters();
  const [filled, setFilled] = useState<Partial<Configured>>({});
  const [deployment, setDeployment] = useState<Deployment>({ emit_on_deploy: true });
  const [ran, setRan] = useState<Ran>();
  const action = c.component_type === "action";
  // An id of dynamic props is known once the form was sent; until something else is filled in it still fits.
  const body = {
    id: c.key,
    external_user_id: user || "your-user",
    configured_props: withoutSecrets(c, filled.configuredProps ?? {}),
    ...(filled.dynamicPropsId && { dynamic_props_id: filled.dynamicPropsId }),
    ...(!action && deployment),
  };
  return (
    <>
      {action ? (
        <ActionRun component={c} onFilled={setFilled} onRun={setRan} />
      ) : (
        <TriggerDeploy
          component={c}
          onFilled={(configured, d) => {
            setFilled(configured);
            setDeployment(d);
          }}
        />
      )}
      {ran && <RunOutcome outcome={ran.outcome} tookMs={ran.tookMs} />}
      <CallCode call={{ baseURL: session.base_url, scope, path: action ? "actions/run" : "triggers/deploy", body }} />
    </>
  );
}
