import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, data } from "@/api/client";
import { listComponents } from "@/api/components";
import { within, type Schemas } from "@/api/types";
import { useScope, useSettled } from "@/lib/hooks";
import { useConflict } from "./ChangedMeanwhile";
import { Button } from "./ui/button";
import { Checkbox, Field, Input } from "./ui/field";
import { Form, FormActions, Refused, useSubmit } from "./ui/form";

type Profile = Schemas["ToolProfile"];
type MetaTool = Profile["meta_tools"][number];

const metaTools: [MetaTool, string][] = [
  ["search_tools", "Find tools"],
  ["describe_tool", "Describe a tool, and what can be chosen for its arguments"],
  ["run_tool", "Run a tool by its name"],
  ["list_accounts", "List the user’s accounts of these apps"],
  ["connect_account", "Ask the user to connect an account"],
];

/** What is filled in of a tool, as text. */
interface Filled {
  key: string;
  preset: string;
  hidden: string;
}

const asText = (t: Schemas["ProfileTool"]): Filled => ({ key: t.component_id, preset: t.preset ? JSON.stringify(t.preset) : "", hidden: (t.hidden ?? []).join(", ") });

/** Whether a text is an object in JSON, or nothing. */
function isObject(text: string): boolean {
  if (text.trim() === "") return true;
  try {
    const v: unknown = JSON.parse(text);
    return typeof v === "object" && v !== null && !Array.isArray(v);
  } catch {
    return false;
  }
}

function asTool({ key, preset, hidden }: Filled): Schemas["ProfileTool"] {
  const names = hidden.split(",").map((h) => h.trim()).filter(Boolean);
  return { component_id: key, ...(preset.trim() && { preset: JSON.parse(preset) as Record<string, unknown> }), ...(names.length > 0 && { hidden: names }) };
}

/** Which tools a profile has, and what of them it sets itself. It lives in a dialog, which empties it by closing. */
export function ToolProfileForm({ profile, saved }: { profile?: Profile; saved: () => void }) {
  const scope = useScope();
  const [name, setName] = useState(profile?.name ?? "");
  const [description, setDescription] = useState(profile?.description ?? "");
  const [ours, setOurs] = useState<MetaTool[]>(profile?.meta_tools ?? []);
  const [tools, setTools] = useState<Filled[]>((profile?.tools ?? []).map(asText));
  const first = useRef(profile);
  const path = { project_id: scope.projectId, profile_name: profile?.name ?? "" };
  const body = () => ({ description: description.trim(), meta_tools: ours, tools: tools.map(asTool) });
  const update = (unchanged_since = first.current?.updated_at) => data(api.PUT("/connect/{project_id}/mcp/profiles/{profile_name}", { params: { ...within(scope), path, query: { unchanged_since } }, body: body() }));
  const { guard, dialog } = useConflict<Profile>({
    what: "tool profile",
    log: { project_id: scope.projectId, subject: profile?.id, since: profile?.updated_at },
    whole: true,
    own: body,
    read: ({ description, meta_tools, tools }) => ({ description, meta_tools, tools }),
    first: () => undefined, // all of it is written: what somebody else set is not merged into it
    newest: () => data(api.GET("/connect/{project_id}/mcp/profiles/{profile_name}", { params: { ...within(scope), path } })),
    mine: (now) => update(now.updated_at).then(saved),
    theirs: saved,
  });
  const wrong = tools.some((t) => !isObject(t.preset));
  const { busy, error, form } = useSubmit(() =>
    guard(async () => {
      if (profile) await update();
      else await data(api.POST("/connect/{project_id}/mcp/profiles", { params: within(scope), body: { ...body(), name: name.trim() } }));
      saved();
    }),
  );
  const change = (key: string, to: Partial<Filled>) => setTools(tools.map((t) => (t.key === key ? { ...t, ...to } : t)));
  return (
    <Form of={form} className="space-y-4">
      {!profile && (
        <Field name="name" label="Name" hint="It stands in the address, and stays. Small letters, digits and -.">
          {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={40} pattern="[a-z0-9][a-z0-9\-]*" spellCheck={false} autoComplete="off" className="font-mono" />}
        </Field>
      )}
      <Field name="description" label="Description" hint="What agents are told of it before they use it.">
        {(ids) => <Input {...ids} value={description} onChange={(e) => setDescription(e.target.value)} maxLength={500} autoComplete="off" />}
      </Field>
      <fieldset className="space-y-2">
        <legend className="mb-1 font-medium">Tools</legend>
        {tools.map((t, i) => (
          <details key={t.key} className="rounded-md border border-line px-3 py-2">
            <summary className="cursor-pointer break-all">
              <code>{t.key}</code>
            </summary>
            <div className="mt-2 space-y-2">
              <Field name={`tools.${i}`} label="Set for the agent" hint='Values that hold, as JSON: {"channel": "C024BE91L"}. The agent does not see these arguments.' error={isObject(t.preset) ? undefined : "It is no object in JSON."}>
                {(ids) => <Input {...ids} value={t.preset} onChange={(e) => change(t.key, { preset: e.target.value })} spellCheck={false} autoComplete="off" className="font-mono" />}
              </Field>
              <Field name={`tools.${i}.hidden`} label="Hidden arguments" hint="Names, separated by commas, of those that are not needed.">
                {(ids) => <Input {...ids} value={t.hidden} onChange={(e) => change(t.key, { hidden: e.target.value })} spellCheck={false} autoComplete="off" className="font-mono" />}
              </Field>
              <Button size="sm" variant="dangerGhost" aria-label={`Remove ${t.key}`} onClick={() => setTools(tools.filter((x) => x.key !== t.key))}>
                Remove
              </Button>
            </div>
          </details>
        ))}
        <AddTool taken={tools.map((t) => t.key)} add={(key) => setTools([...tools, { key, preset: "", hidden: "" }])} />
      </fieldset>
      <fieldset className="space-y-1">
        <legend className="mb-1 font-medium">Beside them</legend>
        {metaTools.map(([id, label]) => (
          <Checkbox key={id} label={label} checked={ours.includes(id)} onChange={(on) => setOurs(on ? [...ours, id] : ours.filter((o) => o !== id))} />
        ))}
        <Refused name="meta_tools" />
      </fieldset>
      <FormActions error={error} action={profile ? "Save" : "Make profile"} busy={busy} disabled={tools.length === 0 || wrong || (!profile && !name.trim())} />
      {dialog}
    </Form>
  );
}

/** Actions behind a search, each a button that adds it. */
function AddTool({ taken, add }: { taken: string[]; add: (key: string) => void }) {
  const scope = useScope();
  const [q, setQ] = useState("");
  const settled = useSettled(q.trim());
  const found = useQuery({
    queryKey: ["components", scope, "action", settled],
    queryFn: () => listComponents(scope, { component_type: "action", q: settled, limit: 20 }),
    enabled: settled.length > 1,
  });
  const left = (settled.length > 1 ? (found.data?.data ?? []) : []).filter((c) => !taken.includes(c.key));
  return (
    <>
      <Input type="search" aria-label="Search actions" placeholder="Search actions to add" value={q} onChange={(e) => setQ(e.target.value)} maxLength={200} onKeyDown={(e) => e.key === "Enter" && e.preventDefault()} />
      {left.length > 0 && (
        <ul className="max-h-48 overflow-y-auto rounded-md border border-line">
          {left.map((c) => (
            <li key={c.key}>
              <button type="button" className="flex w-full flex-col border-b border-line px-3 py-1.5 text-left hover:bg-sunken focus-visible:outline-2 focus-visible:-outline-offset-2 focus-visible:outline-accent" onClick={() => add(c.key)}>
                <span>
                  <span className="sr-only">Add </span>
                  {c.name}
                </span>{" "}
                <code className="text-xs text-muted break-all">{c.key}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
      {found.isError && (
        <p role="alert" className="text-bad">
          The actions could not be loaded.
        </p>
      )}
    </>
  );
}
