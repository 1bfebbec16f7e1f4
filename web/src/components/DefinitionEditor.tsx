import { useRef, type KeyboardEvent } from "react";
import { cn } from "@/lib/cn";

interface Props {
  value: string;
  onChange: (text: string) => void;
  invalid?: boolean;
  describedBy?: string;
}

/**
 * A plain text field with line numbers. Tab indents; Escape first lets Tab leave, as a keyboard must be able to.
 */
export function DefinitionEditor({ value, onChange, invalid, describedBy }: Props) {
  const gutter = useRef<HTMLPreElement>(null);
  const leaving = useRef(false);
  const count = value.split("\n").length;
  const onKeyDown = (e: KeyboardEvent<HTMLTextAreaElement>) => {
    if (e.key === "Escape") {
      leaving.current = true;
      return;
    }
    if (e.key === "Tab" && !e.shiftKey && !leaving.current && !e.altKey && !e.ctrlKey && !e.metaKey) {
      e.preventDefault();
      const at = e.currentTarget;
      at.setRangeText("  ", at.selectionStart, at.selectionEnd, "end");
      onChange(at.value);
    }
    leaving.current = false;
  };
  return (
    <div>
      <div className={cn("flex h-[26rem] overflow-hidden rounded-md border bg-surface font-mono text-[0.8125rem] leading-5 focus-within:outline-2 focus-within:outline-accent", invalid ? "border-bad" : "border-line-strong/60")}>
        <pre ref={gutter} aria-hidden className="shrink-0 overflow-hidden border-r border-line bg-sunken py-2 pl-3 pr-2 text-right text-muted select-none">
          {Array.from({ length: count }, (_, i) => i + 1).join("\n")}
          {/* Room for the scroll bar of the text beside it. */}
          {"\n\n"}
        </pre>
        <textarea
          aria-label="Definition"
          aria-invalid={invalid || undefined}
          aria-describedby={describedBy}
          value={value}
          onChange={(e) => onChange(e.target.value)}
          onKeyDown={onKeyDown}
          onScroll={(e) => gutter.current && (gutter.current.scrollTop = e.currentTarget.scrollTop)}
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          wrap="off"
          className="min-w-0 grow resize-none bg-transparent px-3 py-2 outline-none"
        />
      </div>
      <p className="mt-1 text-xs text-muted">YAML or JSON. Tab indents; Escape, then Tab, leaves the editor.</p>
    </div>
  );
}
