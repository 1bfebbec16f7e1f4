import { useEffect, useId, useRef, type KeyboardEvent } from "react";
import { cn } from "@/lib/cn";
import { RefusedText, useRefusal } from "./ui/form";

interface Props {
  value: string;
  onChange: (text: string) => void;
  /** What the API calls it, in a form. */
  name?: string;
  invalid?: boolean;
  describedBy?: string;
  label?: string;
  hint?: string;
  /** Lines with something wrong, which their numbers show. */
  wrong?: Set<number>;
  /** A line to go to; each change of `at` goes there once more. */
  goTo?: { line: number; at: number };
  /** As high as a field among others. */
  short?: boolean;
}

const lineHeight = 20;

/** Selects a line and brings it into view. */
function showLine(field: HTMLTextAreaElement, line: number) {
  const lines = field.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
  field.focus();
  field.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  field.scrollTop = Math.max(0, (line - 4) * lineHeight);
  field.scrollLeft = 0;
}

/**
 * A plain text field with line numbers. Tab indents; Escape first lets Tab leave, as a keyboard must be able to.
 */
export function DefinitionEditor({ value, onChange, name, invalid, describedBy, label = "Definition", hint = "YAML or JSON.", wrong, goTo, short }: Props) {
  const id = useId();
  const refusal = useRefusal(name, id);
  const gutter = useRef<HTMLPreElement>(null);
  const leaving = useRef(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (goTo && field.current) showLine(field.current, goTo.line);
  }, [goTo]);
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
      <div className={cn("flex overflow-hidden rounded-md border bg-surface font-mono text-[0.8125rem] leading-5 focus-within:outline-2 focus-within:outline-accent", short ? "h-56" : "h-[26rem]", invalid || refusal ? "border-bad" : "border-line-strong/60")}>
        <pre ref={gutter} aria-hidden className="shrink-0 overflow-hidden border-r border-line bg-sunken py-2 pl-3 pr-2 text-right text-muted select-none">
          {Array.from({ length: count }, (_, i) => (
            <span key={i} className={wrong?.has(i + 1) ? "font-semibold text-bad" : undefined}>
              {i + 1}
              {"\n"}
            </span>
          ))}
          {/* Room for the scroll bar of the text beside it. */}
          {"\n"}
        </pre>
        <textarea
          ref={field}
          id={id}
          aria-label={label}
          aria-invalid={invalid || refusal !== undefined || undefined}
          aria-describedby={refusal ? `${id}-error` : describedBy}
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
      <p className="mt-1 text-xs text-muted">{hint} Tab indents; Escape, then Tab, leaves the editor.</p>
      <RefusedText id={`${id}-error`} text={refusal} />
    </div>
  );
}
