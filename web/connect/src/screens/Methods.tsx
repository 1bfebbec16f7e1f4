import type { Plan } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { say, tell } from "../words.ts";

/** The ways in which the app can be connected. */
export function Methods({ flow, plan }: { flow: Flow; plan: Plan }) {
  const app = plan.app.name;
  return (
    <>
      <Pair brand={flow.page.brand} app={plan.app} />
      <Title>{tell("methods.title", { app })}</Title>
      <p class="soft">{say("methods.note")}</p>
      <ul class="choices">
        {plan.methods.map((m, i) => (
          <li key={m.id}>
            <button type="button" class="choice" onClick={() => void flow.choose({ app: plan.app.slug, auth: m.id })}>
              <span><strong>{m.title}</strong>{i === 0 && <em class="badge">{say("methods.recommended")}</em>}<small>{tell(`methods.${m.kind}`, { app })}</small></span>
              <Icon name="next" flips />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
