import { useState } from "react";
import type { Emitter } from "@/api/types";
import { ComponentForm } from "./ComponentForm";
import { Json } from "./Json";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { useToast } from "./ui/toast";
import { useTriggerUpdate } from "./useTriggerUpdate";

/** What a deployed trigger is set to listen for, and the form to change it. */
export function TriggerProps({ trigger: t }: { trigger: Emitter }) {
  const toast = useToast();
  const [values, setValues] = useState<Record<string, unknown>>();
  const [seen, setSeen] = useState(t);
  const update = useTriggerUpdate(t, (saved) => {
    setValues(undefined);
    if (saved) toast.good("Changed", "It listens for that from now on.");
  });
  if (!t.configurable_props || t.configurable_props.length === 0) return null;
  if (!values) {
    return (
      <Card
        title="What it listens for"
        actions={
          <Button
            size="sm"
            onClick={() => {
              setSeen(t);
              setValues(t.configured_props);
            }}
          >
            Change
          </Button>
        }
      >
        <Json value={t.configured_props} what="the configured props" />
      </Card>
    );
  }
  return (
    <Card title="What it listens for" actions={<Button size="sm" variant="ghost" onClick={() => setValues(undefined)}>Discard</Button>}>
      <ComponentForm
        component={{ key: t.component_key, name: t.name, version: "", configurable_props: t.configurable_props }}
        user={t.external_user_id}
        values={values}
        onChange={setValues}
        onSubmit={async (configured) => void (await update.change({ configured_props: configured.configuredProps }, seen))}
        submitLabel="Save"
      />
      {update.dialog}
    </Card>
  );
}
