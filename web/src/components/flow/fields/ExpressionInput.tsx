import { Braces } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { cn } from "@/lib/cn";
import { accept, suggest, wordAt, type Context, type Suggestion } from "@/lib/flow/expression";
import { inputStyle } from "../../ui/field";

interface Props {
  id?: string;
  label?: string;
  value: string;
  onChange: (text: string) => void;
  context: Context;
  placeholder?: string;
  /** Grows with its text; Enter makes a line. */
  lines?: boolean;
  code?: boolean;
  invalid?: boolean;
  disabled?: boolean;
  "aria-describedby"?: string;
}

/** A text that may hold expressions: inside {{ it tells what can be named there, with the value that it has now. */
export function ExpressionInput({ id, label, value, onChange, context, placeholder, lines, code, invalid, disabled, ...rest }: Props) {
  const own = useId();
  const listId = `${own}-list`;
  const field = useRef<HTMLTextAreaElement>(null);
  const caretTo = useRef<number>(undefined);
  const [caret, setCaret] = useState<number>();
  const [active, setActive] = useState(0);
  const options = useMemo(() => {
    const word = caret === undefined ? undefined : wordAt(value, caret);
    return word ? suggest(word.word, context) : [];
  }, [value, caret, context]);
  const open = options.length > 0;

  useLayoutEffect(() => {
    const f = field.current;
    if (!f) return;
    f.style.height = "auto";
    f.style.height = `${Math.min(f.scrollHeight + 2, 320)}px`;
    if (caretTo.current !== undefined) {
      f.focus();
      f.setSelectionRange(caretTo.current, caretTo.current);
      caretTo.current = undefined;
    }
  }, [value]);
  useEffect(() => setActive(0), [options]);

  const take = (s: Suggestion) => {
    if (caret === undefined) return;
    const next = accept(value, caret, s);
    // What has more inside is gone on with at once.
    const text = s.deeper ? `${next.text.slice(0, next.caret)}.${next.text.slice(next.caret)}` : next.text;
    const at = next.caret + (s.deeper ? 1 : 0);
    caretTo.current = at;
    setCaret(s.deeper || s.insert.endsWith("(") ? at : undefined);
    onChange(text);
  };
  const keys = (e: KeyboardEvent<HTMLTextAreaElement>) => {
    if (open && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      setActive((n) => (n + (e.key === "ArrowDown" ? 1 : options.length - 1)) % options.length);
    } else if (open && (e.key === "Enter" || e.key === "Tab") && !e.shiftKey) {
      e.preventDefault();
      take(options[active] ?? options[0]!);
    } else if (open && e.key === "Escape") {
      e.stopPropagation();
      e.preventDefault();
      setCaret(undefined);
    } else if (e.key === "Enter" && !lines) e.preventDefault();
  };
  /** Puts braces at the cursor, and shows what there is. */
  const insert = () => {
    const f = field.current;
    const at = f && document.activeElement === f ? f.selectionStart : (f?.selectionStart ?? value.length);
    caretTo.current = at + 3;
    setCaret(at + 3);
    onChange(`${value.slice(0, at)}{{  }}${value.slice(at)}`);
  };
  return (
    <div className="relative" onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setCaret(undefined)}>
      <textarea
        ref={field}
        id={id ?? own}
        rows={lines ? 2 : 1}
        aria-label={label}
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={open ? listId : undefined}
        aria-activedescendant={open ? `${listId}-${active}` : undefined}
        aria-invalid={invalid || undefined}
        disabled={disabled}
        value={value}
        placeholder={placeholder}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(e) => {
          const text = lines ? e.target.value : e.target.value.replaceAll("\n", " ");
          setCaret(e.target.selectionStart);
          onChange(text);
        }}
        onSelect={(e) => {
          // Only what is typed opens the list; a cursor that moves within an open one goes along.
          const at = e.currentTarget.selectionStart;
          setCaret((old) => (old === undefined ? old : at));
        }}
        onKeyDown={keys}
        className={cn(inputStyle, "h-auto min-h-8 resize-none overflow-y-auto py-1.5 pr-8 leading-5", (code || value.includes("{{")) && "font-mono text-[0.8125rem]")}
        {...rest}
      />
      {!disabled && (
        <button type="button" onClick={insert} title="Insert a value" aria-label={`Insert a value${label ? ` into ${label}` : ""}`} className="absolute right-1 top-1 flex size-6 items-center justify-center rounded text-muted hover:bg-sunken hover:text-accent">
          <Braces className="size-3.5" aria-hidden />
        </button>
      )}
      {open && (
        <ul id={listId} role="listbox" aria-label="What can be named here" className="absolute inset-x-0 top-full z-30 mt-1 max-h-64 overflow-y-auto rounded-md border border-line bg-surface p-1 shadow-lg">
          {options.map((o, i) => (
            <li
              key={o.insert}
              id={`${listId}-${i}`}
              role="option"
              aria-selected={i === active}
              ref={(el) => {
                if (i === active) el?.scrollIntoView({ block: "nearest" });
              }}
              onMouseDown={(e) => {
                e.preventDefault();
                take(o);
              }}
              className={cn("flex cursor-default items-baseline gap-3 rounded px-2 py-1", i === active && "bg-sunken")}
            >
              <code className="shrink-0 text-[0.8125rem]">{o.label}</code>
              <span className="ml-auto truncate text-xs text-muted">{o.detail}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
