import { ago, exact } from "@/lib/time";
import { useNow } from "@/lib/hooks";
import { Tooltip } from "./ui/tooltip";

interface Props {
  /** Numbers are epoch seconds. */
  at: string | number | null | undefined;
  none?: string;
  /** In the row of a list: no stop of its own for the keyboard, which would have to walk through every row's. */
  row?: boolean;
}

/** A moment as people say it; the exact one is in the tooltip. */
export function Time({ at, none = "—", row }: Props) {
  const now = useNow(at !== null && at !== undefined, 30_000);
  if (at === null || at === undefined) return <span className="text-muted">{none}</span>;
  const date = new Date(typeof at === "number" ? at * 1000 : at);
  if (Number.isNaN(date.getTime())) return <span>{String(at)}</span>;
  const words = ago(date, new Date(Math.max(now, Date.now())));
  const shared = { dateTime: date.toISOString(), className: "whitespace-nowrap" };
  if (row) {
    return (
      <time title={exact(date)} {...shared}>
        {words}
      </time>
    );
  }
  return (
    <Tooltip text={exact(date)}>
      <time tabIndex={0} {...shared}>
        {words}
      </time>
    </Tooltip>
  );
}
