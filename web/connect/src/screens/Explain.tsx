import { useState } from "preact/hooks";
import type { Plan, Power } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { Button } from "../parts/Button.tsx";
import { Legal } from "../parts/Foot.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { inAppBrowser } from "../ways.ts";
import { say, tell } from "../words.ts";

/** Who asks for what. */
export function Explain({ flow, plan }: { flow: Flow; plan: Plan }) {
  const { brand, reconnect } = flow.page, { app } = plan;
  const names = { product: brand.product, app: app.name };
  const [off, setOff] = useState<ReadonlySet<string>>(() => new Set(flow.powers ? plan.powers.map((p) => p.scope).filter((s) => !flow.powers!.includes(s)) : []));
  const sure = plan.powers.filter((p) => !p.optional), free = plan.powers.filter((p) => p.optional);
  const oauth = plan.method?.kind === "oauth";
  const agree = () => flow.agree(null, off.size ? plan.powers.map((p) => p.scope).filter((s) => !off.has(s)) : null);
  const toggle = (scope: string) => setOff((now) => {
    const next = new Set(now);
    if (!next.delete(scope)) next.add(scope);
    return next;
  });
  return (
    <>
      <Pair brand={brand} app={app} state={reconnect ? "bad" : "idle"} />
      <Title>{reconnect ? tell("reconnect.title", { account: reconnect.name }) : tell("explain.title", names)}</Title>
      {reconnect && <p>{tell("reconnect.note", names)}</p>}
      {reconnect?.error && <p class="box bad"><Icon name="alert" /><span>{reconnect.error}</span></p>}
      {sure.length > 0 && (
        <div class="powers">
          <p>{tell("explain.powers", names)}</p>
          <ul>{sure.map((p) => <li key={p.scope}><Icon name="check" />{p.text}</li>)}</ul>
        </div>
      )}
      {free.length > 0 && (
        <div class="powers">
          <p id="free">{say("explain.optional.note")}</p>
          <ul aria-labelledby="free">{free.map((p) => <Switch key={p.scope} power={p} on={!off.has(p.scope)} toggle={() => toggle(p.scope)} />)}</ul>
        </div>
      )}
      {oauth && inAppBrowser() && <p class="box"><Icon name="alert" /><span>{tell("explain.inapp", names)}</span></p>}
      <div class="acts">
        <Button onClick={agree}>{oauth || plan.fields.length ? tell("explain.go", names) : say("explain.add")}</Button>
      </div>
      <p class="note"><Icon name="lock" /><span>{tell(oauth ? "explain.note.oauth" : "explain.note.none", { ...names, host: plan.provider_host || app.name })}</span></p>
      <Legal brand={brand} />
    </>
  );
}

function Switch({ power, on, toggle }: { power: Power; on: boolean; toggle: () => void }) {
  return (
    <li>
      <label class="switch">
        <span>{power.text}</span>
        <input type="checkbox" role="switch" checked={on} onChange={toggle} />
      </label>
    </li>
  );
}
