import { Check, LoaderCircle } from "lucide-react";

/** How much is left of one thing that is being deleted. No count goes beyond `most`. */
export function Left({ name, count, most }: { name: string; count: number; most: number }) {
  const Icon = count === 0 ? Check : LoaderCircle;
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <Icon className={count === 0 ? "size-4 shrink-0 text-good" : "size-4 shrink-0 animate-spin text-muted"} aria-hidden />
      <span className="min-w-0 grow">{name}</span>
      <span className="whitespace-nowrap tabular-nums text-muted">{count === 0 ? "none left" : `${count.toLocaleString("en")}${count >= most ? " or more" : ""} left`}</span>
    </li>
  );
}
