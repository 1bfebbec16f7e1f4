import { useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useState, type ReactNode } from "react";
import { codeOf, type Call, type Language } from "@/lib/componentCode";
import { make, type Answer } from "@/lib/playground";
import { duration } from "@/lib/time";
import { Code } from "./Copy";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Tabs } from "./ui/tabs";
import { Form, FormError, useSubmit } from "./ui/form";

interface Props {
  number: number;
  title: string;
  text: ReactNode;
  call: Call;
  /** Why it cannot be run as it is. */
  missing?: string;
  language: Language;
  choose: (l: Language) => void;
  answered?: (a: Answer) => void;
  children?: ReactNode;
}

/** One call: what goes into it, its code, and what comes of it here and now. */
export function PlaygroundStep({ number, title, text, call, missing, language, choose, answered, children }: Props) {
  const queries = useQueryClient();
  const [answer, setAnswer] = useState<Answer>();
  const { busy, error, form } = useSubmit(async () => {
    if (missing) return;
    const a = await make(call);
    setAnswer(a);
    if (a.status === 401) queries.setQueryData(["session"], null);
    if (a.status < 300) answered?.(a);
  });
  const code = codeOf(call);
  return (
    <Card title={`${number}. ${title}`} text={text}>
      <div className="grid gap-5 lg:grid-cols-2">
        <Form of={form} className="min-w-0 space-y-4">
          {children}
          <div className="flex flex-wrap items-center gap-3">
            <Button type="submit" variant="primary" busy={busy} disabled={missing !== undefined}>
              <Play className="size-4" aria-hidden />
              Run
            </Button>
            <span role="status" className="text-[0.8125rem] text-muted">
              {missing ?? (answer && (
                <>
                  <Badge tone={answer.status < 300 ? "good" : answer.status < 500 ? "warn" : "bad"}>{answer.status}</Badge> in {duration(answer.ms)}
                </>
              ))}
            </span>
          </div>
          <FormError error={error} />
          {answer && <Code code={answer.text.length > 20_000 ? `${answer.text.slice(0, 20_000)}\n… ${answer.text.length.toLocaleString("en")} characters in all` : answer.text || "(nothing)"} what={`the answer of “${title}”`} bounded />}
        </Form>
        <div className="min-w-0">
          <Tabs label={`Language of “${title}”`} value={language} onChange={(l) => choose(l as Language)} tabs={Object.entries(code).map(([key, c]) => ({ key, label: key, content: <Code code={c} what={`the code of “${title}” for ${key}`} bounded /> }))} />
        </div>
      </div>
    </Card>
  );
}
