import { useEffect } from "preact/hooks";
import type { Flow } from "./flow.ts";
import { opener } from "./outside.ts";
import { Icon } from "./parts/Icon.tsx";
import { Accounts } from "./screens/Accounts.tsx";
import { Done } from "./screens/Done.tsx";
import { Explain } from "./screens/Explain.tsx";
import { Input } from "./screens/Input.tsx";
import { Loading } from "./screens/Loading.tsx";
import { Methods } from "./screens/Methods.tsx";
import { Pick } from "./screens/Pick.tsx";
import { Problem } from "./screens/Problem.tsx";
import { Question } from "./screens/Question.tsx";
import { Verify } from "./screens/Verify.tsx";
import { Wait } from "./screens/Wait.tsx";
import { say } from "./words.ts";

/** What is inside the card: the way back, the way out, and the screen between them. */
export function Card({ flow }: { flow: Flow }) {
  const { page, screen } = flow;
  const closes = !page.hide_close && (!page.link || page.error_redirect_uri !== null || opener(page) !== null);
  useEffect(() => {
    const key = (e: KeyboardEvent) => { if (e.key === "Escape" && !page.link) flow.close(); };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [page.link]);
  return (
    <>
      <div class="top">
        {flow.earlier && <button class="round" type="button" aria-label={say("back")} onClick={() => flow.back()}><Icon name="back" flips /></button>}
        {page.development && <span class="development">{say("development")}</span>}
        {closes && <button class="round close" type="button" aria-label={say("close")} onClick={() => flow.close()}><Icon name="close" /></button>}
      </div>
      <section class="screen" key={screen.at} data-screen={screen.at} onPointerDown={() => flow.stay()}><Shown flow={flow} /></section>
    </>
  );
}

function Shown({ flow }: { flow: Flow }) {
  const s = flow.screen;
  switch (s.at) {
    case "loading": return <Loading flow={flow} />;
    case "pick": return <Pick flow={flow} />;
    case "methods": return <Methods flow={flow} plan={s.plan} />;
    case "explain": return <Explain flow={flow} plan={s.plan} key={s.plan.app.slug} />;
    case "input": return <Input flow={flow} plan={s.plan} error={s.error} field={s.field} key={s.plan.app.slug} />;
    case "wait": return <Wait flow={flow} screen={s} />;
    case "verify": return <Verify flow={flow} app={flow.plan?.app ?? null} keys={s.keys} />;
    case "question": return <Question flow={flow} question={s.question} />;
    case "done": return <Done flow={flow} account={s.account} />;
    case "problem": return <Problem flow={flow} problem={s.problem} />;
    case "accounts": return <Accounts flow={flow} said={s.said} />;
  }
}
