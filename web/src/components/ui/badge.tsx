import { cva, type VariantProps } from "class-variance-authority";
import type { HTMLAttributes } from "react";
import { cn } from "@/lib/cn";

const style = cva("inline-flex items-center gap-1.5 rounded-full px-2 h-5 text-xs font-medium whitespace-nowrap", {
  variants: {
    tone: {
      neutral: "bg-sunken text-muted",
      good: "bg-good-soft text-good",
      warn: "bg-warn-soft text-warn",
      bad: "bg-bad-soft text-bad",
      info: "bg-info-soft text-info",
      accent: "bg-accent-soft text-accent",
    },
  },
  defaultVariants: { tone: "neutral" },
});

export type Tone = NonNullable<VariantProps<typeof style>["tone"]>;

/** A word in a pill. The dot repeats the tone for the eye; the word alone must be enough. */
export function Badge({ tone, dot, pulse, className, children, ...rest }: HTMLAttributes<HTMLSpanElement> & { tone?: Tone; dot?: boolean; pulse?: boolean }) {
  return (
    <span className={cn(style({ tone }), className)} {...rest}>
      {dot && <span aria-hidden className={cn("size-1.5 rounded-full bg-current", pulse && "animate-pulse")} />}
      {children}
    </span>
  );
}
