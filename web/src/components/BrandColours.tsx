import { RotateCcw, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { BrandSettings, BrandState } from "@/api/types";
import { colourNames, modes, pageColours, type ColourName, type Mode } from "@/lib/brand";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Choice } from "./ui/choice";
import { Field, Input } from "./ui/field";
import { Select } from "./ui/select";

const named: Record<ColourName, [string, string]> = {
  accent: ["Accent", "Buttons, links and what has the focus. Text on it is black or white, whichever is read better."],
  background: ["Background", "Around the card, when the page stands alone."],
  surface: ["Card", "What everything stands on."],
  text: ["Text", "Small print and lines are paler shades of it."],
};

interface Props {
  draft: BrandSettings;
  change: (by: Partial<BrandSettings>) => void;
  problems: Record<string, string>;
  warnings: BrandState["warnings"];
}

/** The colours of both modes. One that is not set is the page's own. */
export function BrandColours({ draft, change, problems, warnings }: Props) {
  const fixed = draft.mode === "light" || draft.mode === "dark" ? draft.mode : undefined;
  const [looked, setLooked] = useState<Mode>("light");
  const mode = fixed ?? looked;
  const palette = draft[mode] ?? {};
  const set = (name: ColourName, value: string | null) => change({ [mode]: { ...palette, [name]: value } });
  const bad = (m: Mode) => warnings.some((w) => w.mode === m);
  return (
    <Card
      title="Colours"
      actions={!fixed && <Choice label="Colours of" value={mode} onChange={(m) => setLooked(m as Mode)} options={(["light", "dark"] as const).map((m) => ({ value: m, label: `${m === "light" ? "Light" : "Dark"}${bad(m) ? " !" : ""}` }))} />}
    >
      <div className="space-y-4">
        <div className="space-y-1">
          <div className="font-medium">Mode</div>
          <Select label="Mode of the page" value={draft.mode ?? "auto"} onChange={(m) => change({ mode: m === "auto" ? null : (m as Mode) })} options={modes} className="w-full" />
        </div>
        {colourNames.map((name) => (
          <Colour key={`${mode} ${name}`} name={`${mode}.${name}`} label={named[name][0]} hint={named[name][1]} value={palette[name] ?? ""} ours={pageColours[mode][name]} error={problems[`${mode}.${name}`]} onChange={(v) => set(name, v || null)} />
        ))}
        {warnings.length > 0 && (
          <ul aria-label="Contrast" role="status" className="space-y-1.5 rounded-md bg-warn-soft p-2.5 text-[0.8125rem]">
            {warnings.map((w) => (
              <li key={w.message} className="flex gap-2">
                <TriangleAlert className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
                <span>{w.message}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}

function Colour({ name, label, hint, value, ours, error, onChange }: { name: string; label: string; hint: string; value: string; ours: string; error?: string; onChange: (v: string) => void }) {
  const shown = /^#[0-9a-f]{6}$/i.test(value) ? value : ours;
  return (
    <Field name={name} label={label} hint={hint} error={error}>
      {(ids) => (
        <div className="flex items-center gap-2">
          <input type="color" aria-label={`${label}: pick`} value={shown} onChange={(e) => onChange(e.target.value)} className="h-8 w-10 shrink-0 cursor-pointer rounded-md border border-line-strong/60 bg-surface p-0.5" />
          <Input {...ids} value={value} onChange={(e) => onChange(e.target.value)} placeholder={ours} maxLength={7} spellCheck={false} autoComplete="off" className="font-mono" />
          <Button size="iconSm" variant="ghost" aria-label={`${label}: ours again`} title="Ours again" disabled={!value} onClick={() => onChange("")}>
            <RotateCcw className="size-3.5" aria-hidden />
          </Button>
        </div>
      )}
    </Field>
  );
}
