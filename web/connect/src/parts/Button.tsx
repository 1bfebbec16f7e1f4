import type { ComponentChildren } from "preact";

interface Props {
  children: ComponentChildren;
  onClick?: () => void;
  kind?: "main" | "plain" | "quiet" | "bad";
  type?: "button" | "submit";
  href?: string;
  target?: string;
  rel?: string;
  busy?: boolean;
  label?: string;
  wide?: boolean;
}

/** What can be pressed. A busy one says so, and does nothing. */
export function Button({ children, onClick, kind = "main", type = "button", href, target, rel, busy, label, wide = true }: Props) {
  const shape = `button ${kind}${wide ? "" : " narrow"}`;
  if (href) return <a class={shape} href={href} target={target} rel={rel} onClick={onClick} aria-label={label}><span>{children}</span></a>;
  return (
    <button class={shape} type={type} aria-disabled={busy || undefined} aria-busy={busy || undefined} aria-label={label} onClick={busy ? (e) => e.preventDefault() : onClick}>
      <span>{children}</span>
    </button>
  );
}
