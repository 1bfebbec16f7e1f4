import { useState } from "react";
import { Field } from "../../ui/field";

/** Texts, one a line. */
export function ListField({ label, hint, error, placeholder, value, onChange }: { label: string; hint?: string; error?: string; placeholder?: string; value: unknown; onChange: (v: string[] | undefined) => void }) {
  const [text, setText] = useState(() => (Array.isArray(value) ? value.join("\n") : ""));
  return (
    <Field label={label} hint={hint ?? "One a line."} error={error}>
      {(ids) => (
        <textarea
          {...ids}
          rows={3}
          value={text}
          placeholder={placeholder}
          spellCheck={false}
          onChange={(e) => {
            setText(e.target.value);
            const all = e.target.value.split("\n").map((l) => l.trim()).filter(Boolean);
            onChange(all.length > 0 ? all : undefined);
          }}
          className="w-full rounded-md border border-line-strong/60 bg-surface px-2.5 py-1.5 font-mono text-[0.8125rem]"
        />
      )}
    </Field>
  );
}
