import { useState } from "react";
import { hasHole, type Context } from "@/lib/flow/expression";
import { Field } from "../../ui/field";
import { ExpressionInput } from "./ExpressionInput";

const write = (v: unknown): string => (v === undefined ? "" : hasHole(v) ? String(v) : JSON.stringify(v, null, 2));

/** What was written as a value: nothing, JSON, or a text that is one expression. */
function read(text: string): { value?: unknown; wrong?: string } {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (e) {
    if (/^\s*\{\{[\s\S]*\}\}\s*$/.test(text)) return { value: text.trim() };
    return { wrong: `This is not JSON: ${(e as Error).message}` };
  }
}

/** A value of any form, written as JSON. What cannot be read is told, and the last that could stays. */
export function JsonField({ label, hint, value, onChange, context }: { label: string; hint?: string; value: unknown; onChange: (v: unknown) => void; context: Context }) {
  const [text, setText] = useState(() => write(value));
  const [wrong, setWrong] = useState<string>();
  return (
    <Field label={label} hint={hint} error={wrong}>
      {(ids) => (
        <ExpressionInput
          id={ids.id}
          aria-describedby={ids["aria-describedby"]}
          invalid={ids["aria-invalid"]}
          lines
          code
          value={text}
          context={context}
          onChange={(t) => {
            setText(t);
            const r = read(t);
            setWrong(r.wrong);
            if (!r.wrong) onChange(r.value);
          }}
        />
      )}
    </Field>
  );
}
