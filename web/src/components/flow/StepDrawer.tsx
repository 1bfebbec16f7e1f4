import { Copy, FlaskConical, Trash2, X } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { around, put, rename, same, stepAt, type Path } from "@/lib/flow/tree";
import { kindOf, unknownFields } from "@/lib/flow/kinds";
import { CopyButton } from "../Copy";
import { Fold, Json } from "../Json";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/field";
import { BlockFields } from "./BlockFields";
import { domId, useEditor, wrongOf } from "./editor";
import { ActionFields } from "./fields/ActionFields";
import { Fields } from "./fields/Fields";
import { JsonField } from "./fields/JsonField";
import { stepIcon } from "./icons";
import { Reliability } from "./Reliability";
import { copyStep, removeStep } from "./StepCard";
import { StepResult } from "./StepResult";

/** What is open beside the picture. Escape closes it, and the focus goes back to what opened it. */
export function Drawer({ title, icon, actions, children, back }: { title: string; icon?: ReactNode; actions?: ReactNode; children: ReactNode; back?: string }) {
  const { select } = useEditor();
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.focus();
  }, []);
  const close = () => {
    select(undefined);
    if (back) requestAnimationFrame(() => document.getElementById(back)?.focus());
  };
  return (
    <aside
      ref={box}
      tabIndex={-1}
      aria-label={title}
      onKeyDown={(e) => e.key === "Escape" && !e.defaultPrevented && close()}
      className="flex max-h-[calc(100dvh-6rem)] flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-card outline-none max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:z-30 max-lg:max-h-[85dvh] max-lg:rounded-b-none max-lg:shadow-xl lg:sticky lg:top-16"
    >
      <header className="flex items-center gap-2 border-b border-line px-4 py-2">
        {icon}
        <h2 className="min-w-0 grow truncate font-semibold">{title}</h2>
        {actions}
        <Button variant="ghost" size="iconSm" aria-label="Close" onClick={close}>
          <X className="size-4" aria-hidden />
        </Button>
      </header>
      <div className="min-h-0 grow space-y-5 overflow-y-auto p-4">{children}</div>
    </aside>
  );
}

/** Where a run that waits is answered, to be put into what is sent to somebody. */
function Answered({ name }: { name: string }) {
  const links: [string, string][] = [["Goes on at", `{{ run.resume_url("${name}") }}`], ["Ends at", `{{ run.cancel_url("${name}") }}`]];
  return (
    <section className="space-y-2 rounded-md bg-sunken px-3 py-2.5">
      <p className="text-[0.8125rem] text-muted">Send one of these to whoever decides, in a step before this one. Each is good once, for this run.</p>
      {links.map(([label, text]) => (
        <div key={label} className="flex items-center gap-2 text-[0.8125rem]">
          <span className="w-16 shrink-0 text-muted">{label}</span>
          <code className="min-w-0 grow truncate">{text}</code>
          <CopyButton text={text} what={`the address at which it ${label.toLowerCase().replace(" at", "")}`} />
        </div>
      ))}
    </section>
  );
}

/** Everything of one step. */
export function StepDrawer({ path }: { path: Path }) {
  const e = useEditor();
  const node = stepAt(e.doc, path);
  if (!node) return null;
  const kind = kindOf(node.type);
  const [Icon] = stepIcon(node.type);
  const context = e.context(path);
  const setAll = (fields: Record<string, unknown>) => {
    const next = { ...node, ...fields };
    for (const [field, value] of Object.entries(fields)) if (value === undefined) delete next[field];
    e.edit(put(e.doc, path, next), { word: `${path.join(".")}.${Object.keys(fields)[0]}` });
  };
  const set = (field: string, value: unknown) => setAll({ [field]: value });
  const own = e.faults.filter((f) => same(f.path.slice(0, path.length), path));
  const wrong = wrongOf(own, path);
  const named = new Set([...kind.fields.map((f) => f.key), "name"]);
  const others = own.filter((f) => !named.has(String(f.path[path.length] ?? "")) && !["then", "else", "cases", "default", "branches", "steps"].includes(String(f.path[path.length] ?? "")));
  const more = unknownFields(node);
  return (
    <Drawer
      title={node.name || kind.label}
      icon={<Icon className="size-4 shrink-0 text-muted" aria-hidden />}
      back={domId(path)}
      actions={
        !e.readOnly && (
          <>
            <Button variant="ghost" size="iconSm" aria-label="Duplicate" title="Duplicate" onClick={() => copyStep(e, path)}>
              <Copy className="size-4" aria-hidden />
            </Button>
            <Button variant="ghost" size="iconSm" aria-label="Delete" title="Delete" onClick={() => removeStep(e, path, node.name)}>
              <Trash2 className="size-4" aria-hidden />
            </Button>
          </>
        )
      }
    >
      {e.readOnly ? (
        <Json value={node} what={node.name} />
      ) : (
        <>
          <p className="text-[0.8125rem] text-muted">{kind.text}</p>
          {others.map((f) => (
            <p key={f.message} role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-bad">
              {f.path.slice(path.length).join(".")}
              {f.path.length > path.length && ": "}
              {f.message}
            </p>
          ))}
          <Field label="Name" hint={`Others speak of it as steps.${node.name || "…"}`} error={wrong.name}>
            {(ids) => <Input {...ids} value={node.name} maxLength={63} spellCheck={false} className="font-mono text-[0.8125rem]" onChange={(ev) => e.edit(rename(e.doc, path, ev.target.value.toLowerCase().replace(/[^a-z0-9_]/g, "_")), { word: `${path.join(".")}.name` })} />}
          </Field>
          {node.type === "action" && <ActionFields node={node} path={path} set={set} context={context} />}
          <Fields specs={kind.fields} node={node} path={path} setAll={setAll} context={context} wrong={wrong} />
          {node.type === "suspend" && <Answered name={node.name} />}
          <BlockFields node={node} path={path} set={set} context={context} />
          {more.map((key) => (
            <JsonField key={key} label={key} value={node[key]} onChange={(v) => set(key, v)} context={context} />
          ))}
          <Reliability node={node} path={path} set={set} setAll={setAll} context={context} />
        </>
      )}
      {e.test && !e.readOnly && around(path) === undefined && (
        <div className="flex flex-wrap gap-2">
          <Button size="sm" onClick={() => e.test?.({ upTo: node.name })}>
            <FlaskConical className="size-3.5" aria-hidden />
            Test up to here
          </Button>
          <Button size="sm" variant="ghost" onClick={() => e.test?.({ upTo: node.name, only: true })}>
            Test this step
          </Button>
        </div>
      )}
      <StepResult node={node} path={path} />
      {!e.readOnly && (
        <Fold title="As it is written">
          <Json value={node} what={node.name} />
        </Fold>
      )}
    </Drawer>
  );
}
