import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Context } from "@/lib/flow/expression";
import { Button } from "../../ui/button";
import { Input } from "../../ui/field";
import { ExpressionInput } from "./ExpressionInput";

type Row = [string, string];

/** Names and values, each value with its expressions. A row without a name is not kept. */
export function MapField({ label, value, onChange, context }: { label: string; value: unknown; onChange: (v: Record<string, string> | undefined) => void; context: Context }) {
  const given = Object.entries((value ?? {}) as Record<string, unknown>).map(([k, v]): Row => [k, typeof v === "string" ? v : JSON.stringify(v)]);
  const [rows, setRows] = useState<Row[]>(given);
  const set = (next: Row[]) => {
    setRows(next);
    const kept = next.filter(([k]) => k !== "");
    onChange(kept.length > 0 ? Object.fromEntries(kept) : undefined);
  };
  const change = (i: number, row: Row) => set(rows.map((r, n) => (n === i ? row : r)));
  return (
    <fieldset className="space-y-1.5">
      <legend className="mb-1 flex w-full items-center justify-between font-medium">
        {label}
        <Button size="sm" variant="ghost" onClick={() => setRows([...rows, ["", ""]])} aria-label={`Add to ${label}`}>
          <Plus className="size-3.5" aria-hidden />
          Add
        </Button>
      </legend>
      {rows.map(([k, v], i) => (
        <div key={i} className="flex items-start gap-1.5">
          <Input aria-label={`${label}: name ${i + 1}`} placeholder="Name" value={k} onChange={(e) => change(i, [e.target.value, v])} className="w-1/3 shrink-0 font-mono text-[0.8125rem]" spellCheck={false} />
          <div className="min-w-0 grow">
            <ExpressionInput label={`${label}: value ${i + 1}`} placeholder="Value" value={v} onChange={(text) => change(i, [k, text])} context={context} />
          </div>
          <Button variant="ghost" size="icon" aria-label={`Remove ${k || `row ${i + 1}`}`} onClick={() => set(rows.filter((_, n) => n !== i))}>
            <X className="size-4" aria-hidden />
          </Button>
        </div>
      ))}
      {rows.length === 0 && <p className="text-[0.8125rem] text-muted">None.</p>}
    </fieldset>
  );
}
