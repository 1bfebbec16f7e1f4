import { useState } from "preact/hooks";
import type { Question as Is } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { say, tell } from "../words.ts";

type Of<K extends Is["kind"]> = Extract<Is, { kind: K }>;

/** What only the user can settle before the account is saved. */
export function Question({ flow, question }: { flow: Flow; question: Is }) {
  const app = flow.plan?.app ?? null;
  return (
    <>
      <Pair brand={flow.page.brand} app={app} state="idle" />
      {question.kind === "choice" ? <Choice flow={flow} q={question} /> : question.kind === "scopes" ? <Scopes flow={flow} q={question} /> : <Identity flow={flow} q={question} />}
    </>
  );
}

function Choice({ flow, q }: { flow: Flow; q: Of<"choice"> }) {
  const [value, setValue] = useState(q.options[0]?.value ?? "");
  return (
    <form onSubmit={(e) => { e.preventDefault(); void flow.answer({ choice: value }); }}>
      <Title>{q.label}</Title>
      <div class="choices" role="radiogroup" aria-labelledby="title">
        {q.options.map((o) => (
          <label key={o.value} class="choice">
            <input type="radio" name="choice" value={o.value} checked={value === o.value} onChange={() => setValue(o.value)} />
            <span><strong>{o.label}</strong>{o.hint && <small>{o.hint}</small>}</span>
          </label>
        ))}
      </div>
      <div class="acts">
        <Button type="submit">{say("choose.go")}</Button>
        <Button kind="quiet" onClick={() => flow.abandon()}>{say("cancel")}</Button>
      </div>
    </form>
  );
}

function Scopes({ flow, q }: { flow: Flow; q: Of<"scopes"> }) {
  const names = { app: flow.plan?.app.name ?? say("problem.app"), product: flow.page.brand.product };
  return (
    <>
      <Title>{say("scopes.title")}</Title>
      <p>{tell("scopes.text", names)}</p>
      <ul class="missing">{q.missing.map((p) => <li key={p.scope}><Icon name="close" />{p.text}</li>)}</ul>
      <div class="acts">
        <Button onClick={() => flow.abandon()}>{say("scopes.again")}</Button>
        {q.may_continue && <Button kind="plain" onClick={() => void flow.answer({ continue: true })}>{say("scopes.continue")}</Button>}
        <Button kind="quiet" onClick={() => flow.abandon()}>{say("cancel")}</Button>
      </div>
    </>
  );
}

function Identity({ flow, q }: { flow: Flow; q: Of<"identity"> }) {
  const { expected, got } = q;
  return (
    <>
      <Title>{say("identity.title")}</Title>
      <p>{tell("identity.text", { expected, got })}</p>
      <dl class="versus">
        <div><dt>{say("identity.expected")}</dt><dd><bdi>{expected}</bdi></dd></div>
        <div><dt>{say("identity.got")}</dt><dd><bdi>{got}</bdi></dd></div>
      </dl>
      <ul class="choices">
        <li><button type="button" class="choice" onClick={() => void flow.answer({ identity: "add" })}><span><strong>{tell("identity.add", { got })}</strong><small>{tell("identity.add.note", { expected })}</small></span><Icon name="next" flips /></button></li>
        {q.may_replace && <li><button type="button" class="choice" onClick={() => void flow.answer({ identity: "replace" })}><span><strong>{tell("identity.replace", { got })}</strong><small>{tell("identity.replace.note", { expected, got })}</small></span><Icon name="next" flips /></button></li>}
      </ul>
      <div class="acts"><Button kind="quiet" onClick={() => flow.abandon()}>{tell("identity.cancel", { expected })}</Button></div>
    </>
  );
}
