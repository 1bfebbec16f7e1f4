import { Check, ChevronDown } from "lucide-react";
import { Select as S } from "radix-ui";
import { useId } from "react";
import { cn } from "@/lib/cn";
import { RefusedText, useRefusal } from "./form";

interface Option {
  value: string;
  label: string;
}

interface Props {
  value: string;
  onChange: (value: string) => void;
  options: Option[];
  label: string;
  className?: string;
  id?: string;
  describedBy?: string;
}

/** One of a few. The empty value stands for "all"; Radix keeps "" for itself, so it is spelled differently inside. */
export function Select({ value, onChange, options, label, className, id, describedBy }: Props) {
  const all = "__all__";
  const filter = options.some((o) => o.value === "") && !className?.includes("w-full"); // one of a row, and no field of a form
  return (
    <S.Root value={value || all} onValueChange={(v) => onChange(v === all ? "" : v)}>
      <S.Trigger
        id={id}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={describedBy ? true : undefined}
        className={cn(
          "inline-flex h-8 items-center justify-between gap-2 rounded-md border border-line-strong/60 bg-surface px-2.5 hover:bg-sunken aria-invalid:border-bad",
          filter && "max-sm:!w-auto max-sm:grow max-sm:basis-36",
          filter && value && "border-accent text-accent",
          className,
        )}
      >
        <span className="truncate">
          <S.Value />
        </span>
        <S.Icon>
          <ChevronDown className="size-4 text-muted" aria-hidden />
        </S.Icon>
      </S.Trigger>
      <S.Portal>
        <S.Content position="popper" sideOffset={4} className="z-50 max-h-[min(20rem,var(--radix-select-content-available-height))] min-w-(--radix-select-trigger-width) overflow-hidden rounded-md border border-line bg-surface shadow-lg animate-fade">
          <S.Viewport className="p-1">
            {options.map((o) => (
              <S.Item
                key={o.value}
                value={o.value || all}
                className="flex h-8 cursor-default items-center justify-between gap-4 rounded px-2 outline-none data-[highlighted]:bg-sunken data-[state=checked]:font-medium"
              >
                <S.ItemText>{o.label}</S.ItemText>
                <S.ItemIndicator>
                  <Check className="size-4 text-accent" aria-hidden />
                </S.ItemIndicator>
              </S.Item>
            ))}
          </S.Viewport>
        </S.Content>
      </S.Portal>
    </S.Root>
  );
}

/** A select of a form, with its label over it and a word below. */
export function SelectField({ hint, name, ...select }: Omit<Props, "id" | "describedBy"> & { hint?: string; name?: string }) {
  const id = useId();
  const refusal = useRefusal(name, id);
  return (
    <div className="min-w-0 grow">
      <span aria-hidden className="mb-1 block font-medium">
        {select.label}
      </span>
      <Select {...select} id={id} describedBy={refusal && `${id}-error`} className={cn("w-full", select.className)} />
      {hint && <p className="mt-1 text-[0.8125rem] text-muted">{hint}</p>}
      <RefusedText id={`${id}-error`} text={refusal} />
    </div>
  );
}
