import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import type { BrandSettings } from "@/api/types";
import { locales, unfilled, type Locale } from "@/lib/brand";
import { Badge } from "./ui/badge";
import { Card } from "./ui/card";
import { Field, Input } from "./ui/field";
import { Select } from "./ui/select";

type Words = Record<string, string>;
const files = import.meta.glob<Words>("../../connect/locales/*.json", { import: "default" });

/** The page's own words in a language; in English where it does not have them yet. */
function wordsQuery(locale: string) {
  const load = files[`../../connect/locales/${locale}.json`] ?? files["../../connect/locales/en.json"];
  return { queryKey: ["words", locale], queryFn: async () => (load ? await load() : {}), staleTime: Infinity };
}

/** A product's own words in the place of the page's, one language at a time. */
export function BrandTexts({ draft, change }: { draft: BrandSettings; change: (by: Partial<BrandSettings>) => void }) {
  const [locale, setLocale] = useState<Locale>("en");
  const [search, setSearch] = useState("");
  const words = useQuery(wordsQuery(locale)).data ?? {};
  const own = draft.texts?.[locale] ?? {};
  const wanted = search.trim().toLowerCase();
  const keys = Object.keys(words).filter((k) => (wanted ? `${k} ${words[k]} ${own[k] ?? ""}`.toLowerCase().includes(wanted) : k in own));
  const set = (key: string, text: string) => {
    const { [key]: _, ...rest } = own;
    change({ texts: { ...draft.texts, [locale]: text === "" ? rest : { ...rest, [key]: text } } });
  };
  return (
    <Card title="Texts" actions={Object.keys(own).length > 0 && <Badge tone="accent">{Object.keys(own).length} of your own</Badge>}>
      <div className="space-y-4">
        <div className="flex flex-wrap gap-2">
          <Select label="Language of the texts" value={locale} onChange={(l) => { setLocale(l as Locale); }} options={Object.entries(locales).map(([value, label]) => ({ value, label }))} className="w-32" />
          <span className="relative grow">
            <Search className="pointer-events-none absolute left-2.5 top-2 size-4 text-muted" aria-hidden />
            <Input type="search" aria-label="Find a text" placeholder="Find a text, such as: done" value={search} onChange={(e) => setSearch(e.target.value)} className="pl-8" />
          </span>
        </div>
        {keys.length === 0 && <p className="text-[0.8125rem] text-muted">{wanted ? "No text has these words." : "Nothing is changed in this language. Find a text by what it says, and write your own."}</p>}
        <div className="max-h-96 space-y-3 overflow-y-auto p-0.5">
          {keys.slice(0, 30).map((key) => {
            const bad = unfilled(own[key] ?? "", words[key] ?? "");
            return (
              <Field key={key} name={`texts.${locale}.${key}`} label={key} hint={words[key]} error={bad.length > 0 ? `Nobody fills in ${bad.join(", ")} here.` : undefined}>
                {(ids) => <Input {...ids} value={own[key] ?? ""} placeholder="As it is" maxLength={400} lang={locale} onChange={(e) => set(key, e.target.value)} />}
              </Field>
            );
          })}
          {keys.length > 30 && <p className="text-[0.8125rem] text-muted">And {keys.length - 30} more: say more of what you look for.</p>}
        </div>
      </div>
    </Card>
  );
}
