import { useEffect, useRef, useState } from "preact/hooks";
import type { Flow } from "../flow.ts";
import { say } from "../words.ts";
import { Button } from "./Button.tsx";

/** Gives an account a name of the user's own. */
export function Rename({ id, name, flow, done }: { id: string; name: string; flow: Flow; done: (name: string) => void }) {
  const [value, setValue] = useState(name), [busy, setBusy] = useState(false), [wrong, setWrong] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const save = async (e: Event) => {
    e.preventDefault();
    const next = value.trim();
    if (busy || !next || next === name) return done(name);
    setBusy(true);
    try {
      done((await flow.api.rename(id, next)).name);
    } catch {
      setBusy(false);
      setWrong(true);
    }
  };
  return (
    <form class="rename" onSubmit={save}>
      <label for={`n-${id}`}>{say("done.name")}</label>
      <span class="entry">
        <input id={`n-${id}`} ref={input} value={value} maxLength={120} dir="auto" onInput={(e) => setValue(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === "Escape") { e.stopPropagation(); done(name); } }} />
        <Button type="submit" kind="plain" wide={false} busy={busy}>{say("done.save")}</Button>
      </span>
      {wrong && <p class="wrong" role="alert">{say("done.unsaved")}</p>}
    </form>
  );
}
