import { useRef, useState } from "react";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { FormError } from "./ui/form";

interface Props {
  fixtures: Record<string, string>;
  onChange: (all: Record<string, string>) => void;
  /** Whether the app ships with answers of its own, which hold for names that are not here. */
  shipped: boolean;
}

/** The answers of the provider that a dry run plays. They are saved with the file that names them. */
export function RecordedAnswers({ fixtures, onChange, shipped }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();
  const names = Object.keys(fixtures).sort();
  const add = async (files: FileList | null) => {
    const next = { ...fixtures };
    const wrong: string[] = [];
    for (const f of files ?? []) {
      const text = await f.text();
      try {
        JSON.parse(text);
        next[f.name] = text;
      } catch {
        wrong.push(f.name);
      }
    }
    setError(wrong.length > 0 ? `Not JSON, and so not added: ${wrong.join(", ")}.` : undefined);
    onChange(next);
    if (input.current) input.current.value = "";
  };
  return (
    <Card
      title="Recorded answers"
      text={`Files such as {"status": 200, "body": {…}} that fixtures in the app file name. A dry run plays them.${shipped ? " For names that are not here, those that ship are played." : ""}`}
      actions={
        <>
          <input ref={input} type="file" multiple accept=".json,application/json" aria-label="Recorded answers to add" className="sr-only" tabIndex={-1} onChange={(e) => void add(e.currentTarget.files)} />
          <Button size="sm" onClick={() => input.current?.click()}>
            Add files
          </Button>
        </>
      }
    >
      {names.length === 0 ? (
        <p className="text-muted">None.</p>
      ) : (
        <ul className="space-y-1">
          {names.map((n) => (
            <li key={n} className="flex items-center gap-3">
              <code className="min-w-0 grow break-all text-[0.8125rem]">{n}</code>
              <Button size="sm" variant="ghost" aria-label={`Take ${n} away`} onClick={() => onChange(Object.fromEntries(Object.entries(fixtures).filter(([k]) => k !== n)))}>
                Take away
              </Button>
            </li>
          ))}
        </ul>
      )}
      <FormError error={error} />
    </Card>
  );
}
