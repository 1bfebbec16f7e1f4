import { Tabs as T } from "radix-ui";
import type { ReactNode } from "react";

interface Tab {
  key: string;
  label: ReactNode;
  content: ReactNode;
}

/** Tabs that keep by themselves which is shown, or that are told. */
export function Tabs({ tabs, label, value, onChange, className }: { tabs: Tab[]; label: string; value?: string; onChange?: (key: string) => void; className?: string }) {
  return (
    <T.Root defaultValue={tabs[0]?.key} value={value} onValueChange={onChange} className={className}>
      <T.List aria-label={label} className="flex gap-4 overflow-x-auto border-b border-line">
        {tabs.map((t) => (
          <T.Trigger
            key={t.key}
            value={t.key}
            className="-mb-px flex items-center gap-1.5 whitespace-nowrap border-b-2 border-transparent py-1.5 text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text"
          >
            {t.label}
          </T.Trigger>
        ))}
      </T.List>
      {tabs.map((t) => (
        <T.Content key={t.key} value={t.key} className="pt-3">
          {t.content}
        </T.Content>
      ))}
    </T.Root>
  );
}
