import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import { useContext, type ButtonHTMLAttributes } from "react";
import { cn } from "@/lib/cn";
import { LookOnly } from "./lookOnly";

export const buttonStyle = cva(
  "inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors select-none disabled:opacity-55 disabled:pointer-events-none aria-disabled:opacity-55 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-fill text-on-fill hover:bg-fill-hover",
        secondary: "bg-surface text-text border border-line-strong/60 hover:bg-sunken",
        ghost: "text-muted hover:text-text hover:bg-sunken",
        danger: "bg-danger-fill text-on-fill hover:opacity-90",
        dangerGhost: "border border-line-strong/60 bg-surface text-bad hover:bg-bad-soft",
        link: "text-accent hover:underline underline-offset-4 rounded-sm",
      },
      size: { md: "h-8 px-3", sm: "h-7 px-2.5 text-[0.8125rem]", icon: "size-8", iconSm: "size-6", none: "" },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

type Props = ButtonHTMLAttributes<HTMLButtonElement> &
  VariantProps<typeof buttonStyle> & {
    asChild?: boolean;
    /** Shows that the act is under way and takes no second click; the focus stays where it is. */
    busy?: boolean;
    /** It changes something as soon as it is pressed. Who may only look finds it switched off, and why. */
    acts?: boolean;
  };

export function Button({ className, variant, size, asChild, busy, acts, children, type, onClick, title, ...rest }: Props) {
  const lookOnly = useContext(LookOnly);
  const why = acts ? lookOnly : undefined;
  const style = cn(buttonStyle({ variant, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={style} onClick={onClick} title={title} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type={type ?? "button"}
      className={style}
      aria-busy={busy || undefined}
      aria-disabled={busy || Boolean(why) || undefined}
      title={why ?? title}
      onClick={busy || why ? (e) => e.preventDefault() : onClick}
      {...rest}
    >
      {busy && <LoaderCircle className="size-4 animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
