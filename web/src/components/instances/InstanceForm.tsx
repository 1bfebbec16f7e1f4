import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { listAccounts } from "@/api/calls";
import { instanceQuery, putInstance } from "@/api/instances";
import type { Instance, Workflow } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { choices, configReads } from "@/lib/instances";
import { readObject } from "@/lib/json";
import { useConflict } from "../ChangedMeanwhile";
import { DefinitionEditor } from "../DefinitionEditor";
import { pretty } from "../Json";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { Form, FormError, useSubmit } from "../ui/form";
import { SelectField } from "../ui/select";
import { useToast } from "../ui/toast";

/** The settings of an instance, and which of the user's accounts its runs use. */
export function InstanceForm({ instance: i, workflow }: { instance: Instance; workflow: Workflow | undefined }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [text, setText] = useState(() => pretty(i.config));
  const [map, setMap] = useState(i.account_map);
  const accounts = useQuery({ queryKey: ["accounts", scope, "of user", i.external_user_id], queryFn: () => listAccounts(scope, { external_user_id: i.external_user_id, limit: 200 }) });
  const apps = useMemo(() => choices((accounts.data?.data ?? []).map((a) => ({ id: a.id, name: a.name, app: a.app })), i.account_map), [accounts.data, i.account_map]);
  const reads = useMemo(() => configReads(workflow?.draft), [workflow]);
  const there = useMemo(() => {
    try {
      return readObject(text, "");
    } catch {
      return undefined;
    }
  }, [text]);
  const [first, setFirst] = useState(i); // what one began with: somebody else may save while this is typed
  const own = () => ({ config: readObject(text, "The config", "config"), account_map: Object.fromEntries(Object.entries(map).filter(([, id]) => id)) });
  const take = (next: Instance) => {
    setFirst(next);
    setText(pretty(next.config));
    setMap(next.account_map);
    return queries.invalidateQueries({ queryKey: ["instances"] });
  };
  const save = async (since = first) => {
    await take(await putInstance(scope, i.external_user_id, i.workflow_id, { active: since.active, ...own() }, since.updated_at));
    toast.good("Saved", "Runs that begin from now on have it.");
  };
  const { guard, dialog } = useConflict<Instance>({
    what: "instance",
    log: { subject: i.id, action: "instance.changed" },
    own,
    read: ({ config, account_map }) => ({ config, account_map }),
    first: () => first,
    newest: () => queries.fetchQuery({ ...instanceQuery(scope, i.external_user_id, i.workflow_id), staleTime: 0 }),
    mine: save,
    theirs: take,
  });
  const { busy, error, form } = useSubmit(() => guard(() => save()));
  return (
    <Card title="Settings" text="Steps read them as instance.config.">
      <Form of={form} className="space-y-4">
        <DefinitionEditor short name="config" label="Config" hint="A JSON object of up to 64 KiB." value={text} onChange={setText} invalid={there === undefined} />
        {reads.length > 0 && (
          <div className="flex flex-wrap items-center gap-2 text-[0.8125rem]">
            <span className="text-muted">The workflow reads</span>
            {reads.map((name) =>
              there && !Object.hasOwn(there, name) ? (
                <Button key={name} size="sm" aria-label={`Add ${name}`} onClick={() => setText(pretty({ ...there, [name]: "" }))}>
                  + <code>{name}</code>
                </Button>
              ) : (
                <code key={name}>{name}</code>
              ),
            )}
          </div>
        )}
        {apps.length > 0 ? (
          <div className="grid gap-4 sm:grid-cols-2">
            {apps.map((a) => (
              <SelectField
                key={a.slug}
                name={`account_map.${a.slug}`}
                label={`Account of ${a.name}`}
                value={map[a.slug] ?? ""}
                onChange={(id) => setMap({ ...map, [a.slug]: id })}
                options={[{ value: "", label: a.options.length > 1 ? "Not chosen" : "The only one there is" }, ...a.options]}
                hint={a.options.length > 1 && !map[a.slug] ? "There are several: runs that use one are refused until one is chosen." : undefined}
              />
            ))}
          </div>
        ) : (
          <p className="text-muted">{accounts.isPending ? "Looking for accounts…" : "The user has connected no account yet."}</p>
        )}
        <FormError error={error} />
        <Button type="submit" variant="primary" busy={busy}>
          Save
        </Button>
        {dialog}
      </Form>
    </Card>
  );
}
