import { Search, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useSettled } from "@/lib/hooks";
import { Button } from "./ui/button";
import { Input } from "./ui/field";

export function Filters({ children, clear }: { children: ReactNode; clear?: () => void }) {
  return (
    <div role="search" className="mb-3 flex flex-wrap items-center gap-2">
      {children}
      {clear && (
        <Button variant="ghost" onClick={clear}>
          <X className="size-4" aria-hidden />
          Clear
        </Button>
      )}
    </div>
  );
}

/** Text that filters once the typing rests. It follows the address when that changes by other means. */
export function TextFilter({ label, value, onChange, className }: { label: string; value: string; onChange: (v: string) => void; className?: string }) {
  const [text, setText] = useState(value);
  const settled = useSettled(text);
  const told = useRef(value);
  useEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    const v = settled.trim();
    if (v !== told.current) {
      told.current = v;
      onChange(v);
    }
  }, [settled, onChange]);
  return (
    <span className={`relative ${className ?? "w-56 max-sm:w-full"}`}>
      <Search className="pointer-events-none absolute left-2.5 top-2 size-4 text-muted" aria-hidden />
      <Input type="search" aria-label={label} placeholder={label} value={text} onChange={(e) => setText(e.target.value)} className="pl-8" maxLength={250} />
    </span>
  );
}
