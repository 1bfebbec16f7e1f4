import { useState } from "react";
import { Field, Input } from "./ui/field";

/** How many a second are done of a replay, as somebody types it. */
export function useRate(initial: number) {
  const [text, setText] = useState(String(initial));
  const rate = Number(text);
  return { text, setText, rate, sound: text.trim() !== "" && Number.isInteger(rate) && rate >= 1 && rate <= 1000 };
}

export function RateField({ of: { text, setText, sound }, hint }: { of: ReturnType<typeof useRate>; hint: string }) {
  return (
    <Field name="rate" label="How many a second" hint={`1 to 1000. ${hint}`} error={sound ? undefined : "A number from 1 to 1000."}>
      {(ids) => <Input {...ids} inputMode="numeric" value={text} onChange={(e) => setText(e.target.value)} className="w-24" />}
    </Field>
  );
}
