import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import type { Context } from "@/lib/flow/expression";
import { swapped, type Node } from "@/lib/flow/tree";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/field";
import type { Edited } from "./editor";
import { ExpressionInput } from "./fields/ExpressionInput";

/** The cases of a switch, or the branches of parallel. */
export function BlockFields({ node, set, context }: Edited & { context: Context }) {
  const cases = node.type === "switch";
  if (!cases && node.type !== "parallel") return null;
  const key = cases ? "cases" : "branches";
  const all = (node[key] ?? []) as Node[];
  const put = (i: number, field: string, v: unknown) => set(key, all.map((c, n) => (n === i ? { ...c, [field]: v } : c)));
  const swap = (i: number, by: number) => set(key, swapped(all, i, i + by));
  const add = () => set(key, [...all, cases ? { if: "{{  }}", steps: [] } : { name: `branch_${all.length + 1}`, steps: [] }]);
  return (
    <section className="space-y-3">
      <h3 className="font-medium">{cases ? "Cases, the first that is true is gone" : "Branches, all at the same time"}</h3>
      {all.map((c, i) => {
        const what = cases ? `case ${i + 1}` : c.name || `branch ${i + 1}`;
        return (
          <div key={i} className="rounded-md border border-line p-3">
            <div className="mb-1 flex items-center gap-1">
              <span className="grow text-[0.8125rem] text-muted">{what}</span>
              <Button variant="ghost" size="iconSm" disabled={i === 0} aria-label={`Move ${what} up`} onClick={() => swap(i, -1)}>
                <ArrowUp className="size-3.5" aria-hidden />
              </Button>
              <Button variant="ghost" size="iconSm" disabled={i === all.length - 1} aria-label={`Move ${what} down`} onClick={() => swap(i, 1)}>
                <ArrowDown className="size-3.5" aria-hidden />
              </Button>
              <Button variant="ghost" size="iconSm" disabled={all.length === 1} aria-label={`Remove ${what}`} title={c.steps && (c.steps as []).length > 0 ? "Its steps go with it" : undefined} onClick={() => set(key, all.filter((_, n) => n !== i))}>
                <X className="size-3.5" aria-hidden />
              </Button>
            </div>
            <div className="space-y-2">
              {!cases && <Field label="Name">{(ids) => <Input {...ids} value={c.name ?? ""} onChange={(e) => put(i, "name", e.target.value)} spellCheck={false} />}</Field>}
              <Field label={cases ? "If" : "Only if"}>
                {(ids) => (
                  <div onBlur={() => typeof c.if === "string" && c.if.trim() !== "" && !c.if.includes("{{") && put(i, "if", `{{ ${c.if.trim()} }}`)}>
                    <ExpressionInput id={ids.id} code value={String(c.if ?? "")} onChange={(v) => put(i, "if", v === "" && !cases ? undefined : v)} context={context} placeholder={cases ? '{{ trigger.body.kind == "new" }}' : "always"} />
                  </div>
                )}
              </Field>
            </div>
          </div>
        );
      })}
      <Button size="sm" onClick={add}>
        <Plus className="size-3.5" aria-hidden />
        {cases ? "Add a case" : "Add a branch"}
      </Button>
    </section>
  );
}
