import { Checkbox as C, Switch as S } from "radix-ui";
import { Check } from "lucide-react";
import { useId, type ComponentProps, type ReactNode } from "react";
import { cn } from "@/lib/cn";
import { RefusedText, useRefusal } from "./form";

export const inputStyle =
  "h-8 w-full rounded-md border border-line-strong/60 bg-surface px-2.5 placeholder:text-muted/80 disabled:opacity-60 focus-visible:outline-offset-0 aria-invalid:border-bad";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(inputStyle, className)} {...rest} />;
}

interface FieldProps {
  label: string;
  /** What the API calls it, so that what it has against it is said here; several names have a space between them. */
  name?: string;
  hint?: ReactNode;
  error?: string;
  /** Gets the ids that tie the control to its label, hint and error. */
  children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}

export function Field({ label, name, hint, error: own, children }: FieldProps) {
  const id = useId();
  const refusal = useRefusal(name, id);
  const error = own ?? refusal;
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block font-medium">
        {label}
      </label>
      {children({ id, ...(described && { "aria-describedby": described }), ...(error && { "aria-invalid": true as const }) })}
      {hint && (
        <p id={`${id}-hint`} className="text-[0.8125rem] text-muted">
          {hint}
        </p>
      )}
      <RefusedText id={`${id}-error`} text={error} />
    </div>
  );
}

export function Switch({ label, name, hint, checked, onChange, disabled }: { label: string; name?: string; hint: ReactNode; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  const id = useId();
  const refusal = useRefusal(name, id);
  return (
    <div className="flex items-start justify-between gap-4">
      <div>
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <p id={`${id}-hint`} className="text-[0.8125rem] text-muted">
          {hint}
        </p>
        <RefusedText id={`${id}-error`} text={refusal} />
      </div>
      <S.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        aria-describedby={refusal ? `${id}-hint ${id}-error` : `${id}-hint`}
        className="mt-0.5 inline-flex h-5 w-9 shrink-0 items-center rounded-full bg-line-strong p-0.5 transition-colors data-[state=checked]:bg-fill"
      >
        <S.Thumb className="size-4 rounded-full bg-white transition-transform data-[state=checked]:translate-x-4" />
      </S.Root>
    </div>
  );
}

/** With `hidden` only a screen reader is told the label: for a list whose rows say the same. */
export function Checkbox({ label, name, checked, onChange, disabled, hint, hidden }: { label: string; name?: string; hint?: string; hidden?: boolean; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  const id = useId();
  const refusal = useRefusal(name, id);
  return (
    <div className="flex items-start gap-2">
      <C.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={(v) => onChange(v === true)}
        className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded border border-line-strong bg-surface data-[state=checked]:border-fill data-[state=checked]:bg-fill disabled:opacity-50"
      >
        <C.Indicator>
          <Check className="size-3 text-on-fill" strokeWidth={3} aria-hidden />
        </C.Indicator>
      </C.Root>
      <label htmlFor={id} className={cn("min-w-0", disabled && "text-muted", hidden && "sr-only")}>
        <span className="break-words">{label}</span>
        {hint && <span className="block text-[0.8125rem] text-muted">{hint}</span>}
        {refusal && <span className="block text-[0.8125rem] text-bad">{refusal}</span>}
      </label>
    </div>
  );
}
