import { Download, X } from "lucide-react";
import { useRef, useState } from "react";
import { allRows, csv, download, mostRows } from "@/lib/csv";
import { useScope, type FetchPage } from "@/lib/hooks";
import { Button } from "../ui/button";
import { useToast } from "../ui/toast";

/** Everything that the list would show, as a table for a spreadsheet. It is fetched page by page, and can be stopped. */
export function CsvButton<T>({ label, fetchPage }: { label: string; fetchPage: FetchPage<T> }) {
  const scope = useScope();
  const toast = useToast();
  const [at, setAt] = useState<[rows: number, of: number]>();
  const stopped = useRef(false);
  const run = async () => {
    stopped.current = false;
    setAt([0, 0]);
    try {
      const got = await allRows(fetchPage, (rows, of) => {
        setAt([rows, of]);
        return !stopped.current;
      });
      if (!got) return;
      download(`${label.toLowerCase().replaceAll(" ", "-")}-${scope.environment}.csv`, new Blob(["\ufeff", csv(got.rows)], { type: "text/csv;charset=utf-8" }));
      if (!got.whole) toast.bad("The file holds the first part", new Error(`It ends after ${mostRows.toLocaleString("en")} rows; narrow the list by its filters.`));
      else toast.good("CSV downloaded", `${got.rows.length.toLocaleString("en")} rows.`);
    } catch (e) {
      toast.bad("Nothing was downloaded", e);
    } finally {
      setAt(undefined);
    }
  };
  if (!at) {
    return (
      <Button size="sm" variant="ghost" onClick={() => void run()} title="Download all that match as CSV">
        <Download className="size-3.5" aria-hidden />
        CSV
      </Button>
    );
  }
  return (
    <span className="flex items-center gap-1">
      <span role="status" className="tabular-nums">
        {at[0].toLocaleString("en")} of {at[1].toLocaleString("en")}
      </span>
      <Button size="iconSm" variant="ghost" aria-label="Stop the download" onClick={() => (stopped.current = true)}>
        <X className="size-3.5" aria-hidden />
      </Button>
    </span>
  );
}
