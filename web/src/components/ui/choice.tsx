import type { LucideIcon } from "lucide-react";
import { ToggleGroup as T } from "radix-ui";
import { cn } from "@/lib/cn";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: { value: string; label: string; icon?: LucideIcon }[];
  className?: string;
}

/** One of two to four, all of them seen. An option with an icon shows that alone, and says its name. */
export function Choice({ label, value, onChange, options, className }: Props) {
  return (
    <T.Root type="single" aria-label={label} value={value} onValueChange={(v) => v && onChange(v)} className={cn("inline-flex h-8 rounded-md border border-line-strong/60 bg-sunken p-0.5", className)}>
      {options.map((o) => (
        <T.Item
          key={o.value}
          value={o.value}
          title={o.icon && o.label}
          aria-label={o.icon && o.label}
          className="inline-flex grow items-center justify-center gap-1.5 rounded px-2.5 text-[0.8125rem] text-muted hover:text-text data-[state=on]:bg-surface data-[state=on]:font-medium data-[state=on]:text-text data-[state=on]:shadow-card"
        >
          {o.icon ? <o.icon className="size-4" aria-hidden /> : o.label}
        </T.Item>
      ))}
    </T.Root>
  );
}
