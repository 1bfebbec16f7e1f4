import { useMemo, useState } from "react";
import { cn } from "@/lib/cn";
import { lineDiff, shown, sideBySide, type Line } from "@/lib/diff";
import { Button } from "../ui/button";

const style = { same: "", removed: "bg-bad-soft", added: "bg-good-soft" };
const sign = { same: " ", removed: "−", added: "+" };
const word = { same: "", removed: "removed: ", added: "added: " };

/** The text of one side of a line; what is not there is hatched. */
function Cells({ line: l, number }: { line: Line | undefined; number: number | undefined }) {
  return (
    <>
      <td className={cn("w-10 select-none px-2 text-right align-top text-muted", l && style[l.kind])}>{number}</td>
      <td className={cn("whitespace-pre-wrap break-words py-px pr-2 align-top", l ? style[l.kind] : "bg-sunken/60")}>
        {l && (
          <>
            <span aria-hidden className="select-none text-muted">{`${sign[l.kind]} `}</span>
            <span className="sr-only">{word[l.kind]}</span>
            {l.text}
          </>
        )}
      </td>
    </>
  );
}

/** Two texts: side by side where there is room, else one below the other. What is the same far from a change is folded. */
export function DiffView({ before, after, names }: { before: string; after: string; names: [string, string] }) {
  const [all, setAll] = useState(false);
  const lines = useMemo(() => lineDiff(before, after), [before, after]);
  const pairs = useMemo(() => shown(sideBySide(lines), ([l, r]) => l?.kind !== "same" || r?.kind !== "same"), [lines]);
  const unified = useMemo(() => shown(lines, (l) => l.kind !== "same"), [lines]);
  const changed = lines.filter((l) => l.kind !== "same").length;
  if (changed === 0) return <p className="px-4 py-6 text-muted">{`${names[0]} and ${names[1]} are the same.`}</p>;
  const folded = (count: number, span: number) => (
    <tr>
      <td colSpan={span} className="border-y border-line bg-sunken/60 px-2 py-1 text-center">
        <Button variant="link" size="none" className="text-xs" onClick={() => setAll(true)}>
          {count === 1 ? "1 line is the same" : `${count} lines are the same`}
        </Button>
      </td>
    </tr>
  );
  const table = "w-full table-fixed border-collapse font-mono text-[0.8125rem] leading-5";
  const label = `From ${names[0]} to ${names[1]}`;
  return (
    <div>
      <table aria-label={label} className={cn(table, "hidden md:table")}>
        <colgroup>
          <col className="w-10" />
          <col />
          <col className="w-10" />
          <col />
        </colgroup>
        <thead>
          <tr className="border-b border-line text-left font-sans text-xs text-muted">
            {names.map((n) => (
              <th key={n} scope="col" colSpan={2} className="px-2 py-1.5 font-medium">
                {n}
              </th>
            ))}
          </tr>
        </thead>
        {pairs.map((p, n) => (
          <tbody key={n}>
            {p.open || all
              ? p.items.map(([l, r], i) => (
                  <tr key={i}>
                    <Cells line={l} number={l?.before} />
                    <Cells line={r} number={r?.after} />
                  </tr>
                ))
              : folded(p.items.length, 4)}
          </tbody>
        ))}
      </table>
      <table aria-label={label} className={cn(table, "md:hidden")}>
        <colgroup>
          <col className="w-10" />
          <col />
        </colgroup>
        {unified.map((p, n) => (
          <tbody key={n}>
            {p.open || all
              ? p.items.map((l, i) => (
                  <tr key={i}>
                    <Cells line={l} number={l.after ?? l.before} />
                  </tr>
                ))
              : folded(p.items.length, 2)}
          </tbody>
        ))}
      </table>
    </div>
  );
}
