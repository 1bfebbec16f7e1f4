import type { Flow } from "../flow.ts";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import type { Screen } from "../screen.ts";
import { say, tell } from "../words.ts";

/** The user is at the provider, or on the way. */
export function Wait({ flow, screen }: { flow: Flow; screen: Extract<Screen, { at: "wait" }> }) {
  const { plan, how, closed } = screen, { brand } = flow.page, app = plan.app.name;
  if (how === "tab") {
    return (
      <>
        <Pair brand={brand} app={plan.app} state="busy" />
        <Title>{tell("wait.leaving", { app })}</Title>
      </>
    );
  }
  const blocked = how === "blocked";
  return (
    <>
      <Pair brand={brand} app={plan.app} state="busy" />
      <Title>{blocked ? say("wait.blocked.title") : tell("wait.title", { app })}</Title>
      <p>{tell(blocked ? "wait.blocked.text" : "wait.text", { app })}</p>
      <p class="live" role="status">{closed && <span class="box"><Icon name="alert" /><span>{say("wait.closed")}</span></span>}</p>
      <div class="acts">
        {blocked
          ? <Button href={flow.windowAddress()} target="_blank" rel="opener" onClick={() => flow.record.add("fallback", "wait", "link")}>{tell("wait.open", { app })} <Icon name="out" flips /></Button>
          : <Button kind="plain" onClick={() => flow.away(plan)}>{say("wait.again")}</Button>}
        {blocked && flow.page.success_redirect_uri && <Button kind="plain" href={flow.windowAddress({ connectLink: "true" })} target="_top" onClick={() => flow.record.add("fallback", "wait", "tab")}>{say("wait.tab")}</Button>}
        <Button kind="quiet" onClick={() => flow.abandon()}>{say("cancel")}</Button>
      </div>
    </>
  );
}
