import { useEffect, useState } from "preact/hooks";
import type { App } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { say, tell } from "../words.ts";

/** The connection is tried. How far that is cannot be known, so the last step waits for the answer. */
export function Verify({ flow, app, keys }: { flow: Flow; app: App | null; keys: boolean }) {
  const [at, setAt] = useState(1);
  useEffect(() => {
    const t = setTimeout(() => setAt(2), 1800);
    return () => clearTimeout(t);
  }, []);
  const steps = [tell(keys ? "verify.sent" : "verify.signed", { app: app?.name ?? "" }), say("verify.testing"), say("verify.saving")];
  return (
    <>
      <Pair brand={flow.page.brand} app={app} state="busy" />
      <Title>{say("verify.title")}</Title>
      <div role="status">
        <ol class="progress">
          {steps.map((s, i) => <li key={i} class={i < at ? "past" : i === at ? "now" : "next"}>{i < at ? <Icon name="check" /> : <span class="dot" />}<span>{s}</span></li>)}
        </ol>
      </div>
    </>
  );
}
